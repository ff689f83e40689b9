import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { createReplay } from '../../src/run/replay.ts'

async function read<T>(source: AsyncIterable<T>, pause: (count: number) => Promise<void> = async () => {}) {
  const seen: T[] = []
  for await (const item of source) {
    seen.push(item)
    await pause(seen.length)
  }
  return seen
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

describe('AI-27 readers of a source', () => {
  test('that keeps all: whenever they begin and however slow they are, they get everything in order', async () => {
    const pauses = fc.array(fc.boolean(), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 12 }),
        pauses,
        pauses,
        async (items, pushes, reads) => {
          const replay = createReplay<number>({ keep: 'all', onRead: () => {} })
          const early = read(replay.items, (count) => (reads[count] ? turn() : Promise.resolve()))
          for (const [index, item] of items.entries()) {
            replay.push(item)
            if (pushes[index]) await turn()
          }
          replay.close()
          expect(await early).toEqual(items)
          expect(await read(replay.items)).toEqual(items)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('that keeps the newest: never back, never the same twice, and always the last', async () => {
    const pauses = fc.array(fc.boolean(), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 12 }), pauses, pauses, async (count, pushes, reads) => {
        const replay = createReplay<number>({ keep: 'newest', onRead: () => {} })
        const early = read(replay.items, (seen) => (reads[seen] ? turn() : Promise.resolve()))
        for (let item = 0; item < count; item++) {
          replay.push(item)
          if (pushes[item]) await turn()
        }
        replay.close()
        const seen = await early
        expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
        expect(seen.at(-1)).toBe(count === 0 ? undefined : count - 1)
        expect(await read(replay.items)).toEqual(count === 0 ? [] : [count - 1])
      }),
      { numRuns: 50 },
    )
  })

  test('AI-28 that fails: they get what is there, then the error; nothing that comes later', async () => {
    const replay = createReplay<string>({ keep: 'all', onRead: () => {} })
    const error = new Error('broken')
    replay.push('a')
    replay.fail(error)
    replay.push('late')
    replay.close()
    const seen: string[] = []
    const thrown = await (async () => {
      for await (const item of replay.items) seen.push(item)
    })().catch((reason: unknown) => reason)
    expect([seen, thrown]).toEqual([['a'], error])
  })

  test('nothing begins before the first read', async () => {
    const onRead = vi.fn<() => void>()
    const replay = createReplay<string>({ keep: 'all', onRead })
    const reader = replay.items[Symbol.asyncIterator]()
    expect(onRead).not.toHaveBeenCalled()
    replay.close()
    await reader.next()
    expect(onRead).toHaveBeenCalledOnce()
  })
})
