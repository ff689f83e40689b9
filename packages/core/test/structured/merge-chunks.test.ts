import { mergeChunks, type Chunk } from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'

test('chunks of several sources come as soon as they are there, each source in its order', async () => {
  const slow = pipe()
  const quick = pipe()
  const merged = mergeChunks([slow.source, quick.source])
  const first = merged.next()
  quick.give('q1')
  expect(await first).toEqual({ done: false, value: say('q1') })
  const second = merged.next()
  slow.give('s1')
  expect(await second).toEqual({ done: false, value: say('s1') })
  quick.end()
  const third = merged.next()
  slow.give('s2')
  expect(await third).toEqual({ done: false, value: say('s2') })
  slow.end()
  expect(await merged.next()).toEqual({ done: true, value: undefined })
})

test('a source that always has something does not keep the others waiting', async () => {
  async function* endless(): AsyncGenerator<Chunk> {
    for (;;) yield say('again')
  }
  async function* short(): AsyncGenerator<Chunk> {
    yield say('a')
    yield say('b')
    yield say('c')
  }
  const seen: Chunk[] = []
  for await (const chunk of mergeChunks([endless(), short()])) {
    seen.push(chunk)
    if (seen.length === 8) break
  }
  expect(seen).toEqual(expect.arrayContaining([say('a'), say('b'), say('c')]))
})

test('no sources are an end, and sources without a chunk are passed over', async () => {
  expect(await collect(mergeChunks([]))).toEqual([])
  expect(await collect(mergeChunks([from([]), from(['x']), from([])]))).toEqual([say('x')])
})

test('any sources at any pace give all of their chunks, each source in its order', async () => {
  const paces = fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 8 }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(paces, async (sources) => {
      async function* paced(waits: readonly number[], name: number): AsyncGenerator<Chunk> {
        for (const [index, ticks] of waits.entries()) {
          for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
          yield say(`${name}:${index}`)
        }
      }
      const merged = await collect(mergeChunks(sources.map(paced)))
      expect(merged).toHaveLength(sources.flat().length)
      for (const [name, waits] of sources.entries()) {
        const own = merged.filter((chunk) => Reflect.get(chunk, 'content').startsWith(`${name}:`))
        expect(own).toEqual(waits.map((_, index) => say(`${name}:${index}`)))
      }
    }),
  )
})

test('STR-33 a source is asked for one chunk at a time, and for none before the first read', async () => {
  const asked = [0, 0]
  const sources = asked.map((_, index) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked[index] = (asked[index] ?? 0) + 1
        return Promise.resolve({ done: false as const, value: say('x') })
      },
    }),
  }))
  const merged = mergeChunks(sources)
  await tick()
  expect(asked).toEqual([0, 0])
  await merged.next()
  await tick()
  expect(asked).toEqual([1, 1])
  await merged.next()
  await tick()
  expect(asked).toEqual([2, 1])
})

test('STR-34 when the reader leaves, every source that is not over is returned, whether it ends or not', async () => {
  const left: string[] = []
  const source = (name: string, step: IteratorResult<Chunk>, end: () => Promise<never>) => ({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve(step),
      return: () => {
        left.push(name)
        return end()
      },
    }),
  })
  // A rejection that nobody handles would fail the run.
  const broken = () => Promise.reject(new Error('cannot end'))
  const more = { done: false as const, value: say('x') }
  const over = { done: true as const, value: undefined }
  const merged = mergeChunks([
    source('over', over, broken),
    source('broken', more, broken),
    source('stuck', more, () => new Promise(() => {})),
  ])
  await merged.next()
  await merged.return()
  expect(left).toEqual(['broken', 'stuck'])
})

test('what a source throws comes after what had arrived before it, and ends the others', async () => {
  let isReturned = false
  async function* patient(): AsyncGenerator<Chunk> {
    try {
      for (;;) yield say('fine')
    } finally {
      isReturned = true
    }
  }
  const breaking = from(['last words'], new Error('broke'))
  const leaveBreaking = vi.spyOn(breaking, 'return')
  const merged = mergeChunks([patient(), breaking])
  const seen: Chunk[] = []
  const reading = (async () => {
    for await (const chunk of merged) seen.push(chunk)
  })()
  await expect(reading).rejects.toThrow('broke')
  expect(seen).toContainEqual(say('last words'))
  expect(isReturned).toBe(true)
  expect(leaveBreaking).not.toHaveBeenCalled()
})

test('two sources that fail give the first error, and no rejection is left over', async () => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const merged = mergeChunks([from([], new Error('first')), from([], new Error('second'))])
    await expect(merged.next()).rejects.toThrow('first')
    await tick()
    expect(unhandled).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})

function say(content: string): Chunk {
  return { type: 'message', content }
}

async function* from(contents: readonly string[], end?: Error): AsyncGenerator<Chunk> {
  yield* contents.map(say)
  if (end) throw end
}

/** A source that gives what it is told to, when it is told to. */
function pipe() {
  let controller: ReadableStreamDefaultController<Chunk>
  const source = new ReadableStream<Chunk>({
    start: (given) => {
      controller = given
    },
  })
  return {
    source,
    give: (content: string) => controller.enqueue(say(content)),
    end: () => controller.close(),
  }
}

async function collect(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
