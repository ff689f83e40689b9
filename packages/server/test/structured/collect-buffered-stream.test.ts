import type { Chunk } from '@crux/core/structured'
import { collectBufferedStream } from '@crux/server'
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'

async function* from(chunks: readonly Chunk[]) {
  yield* chunks
}

test('STR-36 texts are joined without a space, objects are built, and done ends it', async () => {
  let isReturned = false
  async function* source(): AsyncGenerator<Chunk> {
    try {
      yield { type: 'text-delta', node: 'a', delta: 'Hel' }
      yield { type: 'text-delta', node: 'b', delta: 'lo' }
      yield {
        type: 'structured-data',
        streamId: '__proto__',
        dataType: 't',
        kind: 'set',
        path: 'a',
        value: 1,
      }
      yield { type: 'error', message: 'first' }
      yield { type: 'error', message: 'second', code: 'c' }
      yield { type: 'message', content: 'dropped', node: 'a' }
      yield { type: 'done' }
      yield { type: 'message', content: 'late' }
    } finally {
      isReturned = true
    }
  }
  const { chunks, text, structured, error } = await collectBufferedStream(source())
  expect(chunks).toHaveLength(7)
  expect(text).toBe('Hello')
  expect(Object.keys(structured)).toEqual(['__proto__'])
  expect(Object.getPrototypeOf(structured)).toBeNull()
  expect(structured['__proto__']).toMatchObject({ status: 'streaming', data: { a: 1 } })
  expect(error).toEqual({ code: 'error', message: 'first' })
  await expect.poll(() => isReturned).toBe(true)
})

test('STR-36 a message counts where nothing was streamed, and an error of a stream is not one of the turn', async () => {
  const { text, error } = await collectBufferedStream(
    from([
      { type: 'message', content: 'whole' },
      { type: 'error', message: 'm', streamId: 's' },
    ]),
  )
  expect({ text, error }).toEqual({ text: 'whole', error: null })
})

test('STR-36 limits are kept, and a chunk with a mistake breaks its own stream', async () => {
  const bad: unknown = { type: 'structured-data', streamId: 's', dataType: 't', kind: 'move' }
  const nothing: unknown = { type: 'text-delta' }
  const long: Chunk = { type: 'structured-data', streamId: 'l', dataType: 't', kind: 'final', data: 'long' }
  const { structured, text } = await collectBufferedStream(from([bad as Chunk, nothing as Chunk, long]), {
    limits: { maxTotalLength: 3 },
  })
  expect(structured['s']).toMatchObject({ status: 'error', error: { code: 'unknown-kind' } })
  expect(structured['l']).toMatchObject({ status: 'error', error: { code: 'limit-exceeded' } })
  expect(text).toBe('')
})

test('STR-36 a source that throws, or gives no chunk, rejects', async () => {
  await expect(
    collectBufferedStream(() => {
      throw new Error('boom')
    }),
  ).rejects.toThrow('boom')
  await expect(collectBufferedStream(from([5 as unknown as Chunk]))).rejects.toThrow(TypeError)
})

test('STR-36 an abort reaches the source, which is returned once, and rejects with its reason', async () => {
  const controller = new AbortController()
  const reason = new Error('gone')
  const heard: unknown[] = []
  let returns = 0
  const collected = collectBufferedStream(
    ({ signal }) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => {
          queueMicrotask(() => controller.abort(reason))
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              heard.push(signal.reason)
              reject(new Error('what the source says of it'))
            })
          })
        },
        return: async () => {
          returns++
          return { done: true, value: undefined }
        },
      }),
    }),
    { signal: controller.signal },
  )
  await expect(collected).rejects.toBe(reason)
  expect(heard).toEqual([reason])
  expect(returns).toBe(1)
  expect(getEventListeners(controller.signal, 'abort')).toEqual([])

  let calls = 0
  const never = () => {
    calls++
    return from([])
  }
  await expect(collectBufferedStream(never, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(calls).toBe(0)
})
