import { createCrux, type Crux, type CruxDataChunk, type CruxStore } from '@crux/core'
import { createCruxOutput } from './crux-output.ts'
import type { CruxPartOptions } from './stream-writer-types.ts'

/** What `execute` writes with. It fits where the AI SDK asks for its own `UIMessageStreamWriter`. */
export interface CruxUIMessageStreamWriter<C> {
  readonly write: (chunk: C) => void
  /** Reads a stream, such as `result.toUIMessageStream()`, as fast as the client takes it. */
  readonly merge: (stream: ReadableStream<C>) => void
  /** Makes the text of an error part; for `toUIMessageStream({ onError: writer.onError })`. */
  readonly onError: (error: unknown) => string
}

/** Options of `createCruxUIMessageStream`. */
export interface CruxUIMessageStreamOptions<C> extends CruxPartOptions {
  /** Usually a view: all of its scope goes to this client. */
  readonly store: CruxStore
  /** Runs the agent. The stream ends when this and every merged stream has ended. */
  readonly execute: (options: {
    readonly writer: CruxUIMessageStreamWriter<C>
    /** The functions for plans and tasks, bound to `store`. */
    readonly crux: Crux
  }) => void | Promise<void>
  /**
   * Hears of what `execute` or a merged stream failed with, and of a store that could not be read; what it gives is the
   * text that the client sees of the former. Default: `console.error`, and a text that says nothing.
   */
  readonly onError?: ((error: unknown) => string) | undefined
  /** Puts a `start` first where `execute` writes none. Default true; false if the message was opened elsewhere. */
  readonly sendStart?: boolean | undefined
}

const maskedText = 'An error occurred.'

/**
 * A UI message stream for `createUIMessageStreamResponse` of AI SDK 5, 6 and 7, with every change of a store in it. Like
 * the SDK's `createUIMessageStream`, but it sees each chunk and so finds the right place for each part (LIVE-33). When
 * `execute` or a merged stream fails it ends with an error part (LIVE-34). A client that reads slowly gets the newest
 * value of each entity when it reads on (D7).
 *
 * @example
 * const stream = createCruxUIMessageStream({
 *   store: store.scope(`chat:${id}:`),
 *   signal: request.signal,
 *   execute: ({ writer, crux }) => {
 *     const result = streamText({ model, messages, tools: { createTaskList: crux.createTaskListTool() } })
 *     writer.merge(result.toUIMessageStream())
 *   },
 * })
 * return createUIMessageStreamResponse({ stream })
 */
// `any` by default: each major has a chunk type of its own, and none can be named here (SDK-8).
// oxlint-disable-next-line typescript/no-explicit-any
export function createCruxUIMessageStream<C extends { readonly type: string } = any>(
  options: CruxUIMessageStreamOptions<C>,
): ReadableStream<C | CruxDataChunk> {
  let run: Run | undefined
  return new ReadableStream<C | CruxDataChunk>({
    start(controller) {
      run = begin(options, controller)
    },
    pull: () => run?.onRoom(),
    cancel: (reason) => run?.cancel(reason),
  })
}

interface Run {
  /** The reader has taken what there was. */
  readonly onRoom: () => void
  readonly cancel: (reason: unknown) => void
}

function begin<C extends { readonly type: string }>(
  { store, execute, onError = logError, sendStart = true, ...options }: CruxUIMessageStreamOptions<C>,
  controller: ReadableStreamDefaultController<C | CruxDataChunk>,
): Run {
  const work = new Set<Promise<void>>()
  const readers = new Set<ReadableStreamDefaultReader<C>>()
  let failure: { readonly error: unknown } | undefined
  let isOver = false
  let waiting: (() => void)[] = []

  const output = createCruxOutput<C>(store, {
    ...options,
    put(chunk) {
      if (!isOver) controller.enqueue(chunk)
    },
    hasRoom: () => (controller.desiredSize ?? 0) > 0,
    // Each message stream has this chunk, and the one for errors below.
    start: sendStart ? ({ type: 'start' } as C) : undefined,
    onError: (error) => void textOf(error),
  })

  const writer: CruxUIMessageStreamWriter<C> = {
    write(chunk) {
      if (!isOver) output.pass(chunk)
    },
    merge(stream) {
      if (isOver || failure) return void stream.cancel().catch(ignore)
      const reader = stream.getReader()
      readers.add(reader)
      wait(output.relay(reader, room).finally(() => readers.delete(reader)))
    },
    onError: textOf,
  }

  function room(): Promise<void> {
    if (isOver || failure || (controller.desiredSize ?? 0) > 0) return Promise.resolve()
    return new Promise((resolve) => waiting.push(resolve))
  }

  function makeRoom(): void {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }

  function wait(part: Promise<void>): void {
    const guarded = part.catch(fail).finally(() => work.delete(guarded))
    work.add(guarded)
  }

  function fail(error: unknown): void {
    failure ??= { error }
    stopReading(error)
  }

  /** What is merged ends here, so that nothing waits for it. */
  function stopReading(reason: unknown): void {
    for (const reader of readers) void reader.cancel(reason).catch(ignore)
    makeRoom()
  }

  function textOf(error: unknown): string {
    try {
      return onError(error)
    } catch {
      return maskedText
    }
  }

  async function end(): Promise<void> {
    // A merged stream may merge another one; and after a failure nobody waits for the rest.
    while (work.size > 0 && !failure) await Promise.race(work)
    await output.close()
    // After a cancel, an abort is only its echo.
    if (failure && !(isOver && isAbort(failure.error))) {
      const error = { type: 'error', errorText: textOf(failure.error) }
      if (!isOver) controller.enqueue(error as unknown as C)
    }
    if (!isOver) controller.close()
    isOver = true
  }

  try {
    wait(Promise.resolve(execute({ writer, crux: createCrux({ store }) })))
  } catch (error) {
    fail(error)
  }
  // Handles its own errors.
  void end()

  return {
    onRoom() {
      output.flush()
      makeRoom()
    },
    cancel(reason) {
      isOver = true
      output.abandon()
      stopReading(reason)
    },
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

/** A stream that cannot be cancelled has failed already, and its reader was told. */
function ignore(): void {}

function logError(error: unknown): string {
  // oxlint-disable-next-line no-console -- the documented default: an error must not vanish
  console.error('createCruxUIMessageStream:', error)
  return maskedText
}
