import { setImmediate } from 'node:timers/promises'
import { vi } from 'vitest'

/** A chunk of a UI message stream, of whatever release. */
export interface Chunk {
  readonly type: string
  readonly [field: string]: unknown
}

export const start: Chunk = { type: 'start' }
export const startStep: Chunk = { type: 'start-step' }
export const finishStep: Chunk = { type: 'finish-step' }
export const finish: Chunk = { type: 'finish' }
export const resetStep: Chunk = { type: 'reset-step' }
export const text = (id = 't'): Chunk[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta: 'Hello' },
  { type: 'text-end', id },
]

/** A stream that the test feeds, as a model would. */
export function feedable() {
  let controller: ReadableStreamDefaultController<Chunk> | undefined
  const seen: { cancelled: unknown; isCancelled: boolean; pulls: number } = {
    cancelled: undefined,
    isCancelled: false,
    pulls: 0,
  }
  const stream = new ReadableStream<Chunk>(
    {
      start: (given) => void (controller = given),
      pull: () => void seen.pulls++,
      cancel(reason) {
        seen.isCancelled = true
        seen.cancelled = reason
      },
    },
    { highWaterMark: 0 },
  )
  return {
    stream,
    seen,
    push: (...chunks: readonly Chunk[]) => chunks.forEach((chunk) => controller?.enqueue(chunk)),
    end: () => controller?.close(),
    fail: (error: unknown) => controller?.error(error),
  }
}

/** A stream of copies of these chunks: some releases of the SDK write into those they are given. */
export function streamOf(...chunks: readonly Chunk[]): ReadableStream<Chunk> {
  const { stream, push, end } = feedable()
  push(...structuredClone(chunks))
  end()
  return stream
}

/** Reads a stream on and on, as a client would. */
export function read(stream: ReadableStream<Chunk>) {
  const chunks: Chunk[] = []
  const reader = stream.getReader()
  const run = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      chunks.push(value)
    }
  }
  const done = run()
  done.catch(() => {})
  return {
    chunks,
    done,
    cancel: (reason?: unknown) => reader.cancel(reason),
    all: async () => {
      await done
      return chunks
    },
    names: () => chunks.map(nameOf),
    until: (expectation: () => void) => vi.waitFor(expectation, { timeout: 5_000, interval: 2 }),
  }
}

/** `start`, `text-start`, and for parts of Crux their id, such as `plan:p1`. */
export function nameOf({ type, id }: Chunk): string {
  return type === 'data-crux' ? String(id) : type
}

/** Everything that was on its way has arrived. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}
