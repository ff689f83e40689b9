import { consumeStream, StreamError, type Chunk, type StreamEnd } from '@crux/core/structured'
import { expect, test } from 'vitest'

/** A local source that tells whether it was left. */
function source(chunks: readonly Chunk[], failure?: Error) {
  const seen = { isReturned: false }
  async function* produce(): AsyncGenerator<Chunk, void> {
    try {
      yield* chunks
      if (failure) throw failure
    } finally {
      seen.isReturned = true
    }
  }
  return { stream: produce(), seen }
}

const text: Chunk = { type: 'text-delta', delta: 'x' }
const problem: Chunk = { type: 'error', message: 'm', code: 'c' }

test('STR-43 the handlers run in order, and each chunk waits for the one before', async () => {
  const calls: string[] = []
  const how = await consumeStream(
    source([text, problem, { ...problem, streamId: 's' }, { type: 'done' }, text]).stream,
    {
      onChunk: async (chunk) => {
        calls.push(`chunk ${chunk.type}`)
        await Promise.resolve()
        calls.push('waited')
      },
      onError: (error, chunk) => void calls.push(`error ${error.code} ${chunk?.streamId}`),
      onDone: () => void calls.push('done'),
    },
  )
  expect(how).toBe('done')
  expect(calls.join(', ')).toBe(
    'chunk text-delta, waited, chunk error, waited, error c undefined, chunk error, waited, error c s, chunk done, waited, done',
  )
})

test('STR-43 false stops and returns the source; so does done', async () => {
  for (const [stop, chunk, how] of [
    [false, text, 'stopped'],
    [undefined, { type: 'done' }, 'done'],
    [false, { type: 'done' }, 'done'],
  ] as const) {
    const { stream, seen } = source([chunk, text])
    expect(await consumeStream(stream, { onChunk: () => stop })).toBe(how)
    await expect.poll(() => seen.isReturned).toBe(true)
  }
})

test('STR-43 a turn that failed and an error that was thrown are alike', async () => {
  const thrown = new StreamError('truncated', 'cut')
  const cases = [
    [source([problem, { ...problem, code: 'last' }]), 'last'],
    [source([{ type: 'error', message: 'm' }]), 'error'],
    [source([], thrown), 'truncated'],
    [source([], new Error('boom')), 'source-failed'],
  ] as const
  for (const [{ stream }, code] of cases) await expect(consumeStream(stream)).rejects.toMatchObject({ code })
  await expect(consumeStream(source([], thrown).stream)).rejects.toBe(thrown)
  const cause = new Error('boom')
  await expect(consumeStream(source([], cause).stream)).rejects.toMatchObject({ cause })
  const errors: string[] = []
  const onError = (error: StreamError) => void errors.push(error.code)
  expect(await consumeStream(source([problem]).stream, { onError })).toBe('failed')
  expect(await consumeStream(source([], new Error('boom')).stream, { onError })).toBe('failed')
  expect(errors).toEqual(['c', 'source-failed'])
})

test('STR-43 a local source that ends without done has succeeded', async () => {
  let count = 0
  expect(await consumeStream(source([text]).stream, { onDone: () => void count++ })).toBe('done')
  expect(count).toBe(1)
  expect(await consumeStream(source([{ ...problem, code: 'invalid-chunk' }]).stream)).toBe('done')
  expect(await consumeStream(source([{ ...problem, streamId: 's' }]).stream)).toBe('done')
})

test.each(['done', 'failed', 'stopped', 'aborted'] as const)(
  'STR-43 a source that says it ended as %s is believed',
  async (said) => {
    async function* produce(): AsyncGenerator<Chunk, StreamEnd> {
      yield text
      return said
    }
    const calls: string[] = []
    const handlers = { onDone: () => void calls.push('done'), onError: () => void calls.push('error') }
    expect(await consumeStream(produce(), handlers)).toBe(said)
    expect(calls).toEqual({ done: ['done'], failed: ['error'], stopped: [], aborted: [] }[said])
  },
)

test('STR-43 a source that says it failed, and not how, rejects too', async () => {
  async function* produce(): AsyncGenerator<Chunk, StreamEnd> {
    yield text
    return 'failed'
  }
  await expect(consumeStream(produce())).rejects.toMatchObject({ code: 'error' })
})

test('STR-43 what a handler throws rejects, and no other handler hears of it', async () => {
  const thrown = new Error('mine')
  const throwing = () => {
    throw thrown
  }
  const errors: unknown[] = []
  const onError = (error: unknown) => void errors.push(error)
  const left = source([text, text])
  await expect(consumeStream(left.stream, { onChunk: throwing, onError })).rejects.toBe(thrown)
  await expect.poll(() => left.seen.isReturned).toBe(true)
  const ended = source([{ type: 'done' }])
  await expect(consumeStream(ended.stream, { onDone: throwing, onError })).rejects.toBe(thrown)
  await expect(consumeStream(source([]).stream, { onDone: throwing, onError })).rejects.toBe(thrown)
  expect(errors).toEqual([])
  const failed = source([problem])
  await expect(consumeStream(failed.stream, { onError: throwing })).rejects.toBe(thrown)
  for (const { seen } of [ended, failed]) await expect.poll(() => seen.isReturned).toBe(true)
  const cut = source([], new StreamError('truncated', 'cut'))
  await expect(consumeStream(cut.stream, { onError: throwing })).rejects.toBe(thrown)
})
