import type { Chunk } from './chunk.ts'

/** Where the bytes of one response go: a `ReadableStream` that someone reads, or a response of Node. */
export interface Output {
  /** True while it takes bytes. `write` may turn it false; it is true again when `onReady` is called. */
  readonly isReady: boolean
  /** True where bytes wait in a buffer of the output's own, so that `isReady` tells of its mark (SSE-28). */
  readonly isBuffered: boolean
  /** How many bytes wait in that buffer. */
  readonly heldBytes: number
  /** Grows whenever the client takes bytes. */
  readonly takenBytes: number
  /** Hands bytes over. Only while `isReady`. */
  readonly write: (chunk: Chunk) => void
  /**
   * Ends the body, after `last` if there is one. A client that then takes no byte for `cutAfterMs` milliseconds is cut
   * off; by default for 5 s, and 0 waits for ever. Nothing is called back afterwards.
   */
  readonly end: (last?: Chunk, cutAfterMs?: number) => void
  /** Cuts the client off: what it has not taken is lost, and it sees that the body broke off. Nothing is called back. */
  readonly cut: () => void
}

/** An output that takes nothing: for a response that has not begun, or cannot begin. */
export const noOutput: Output = {
  isReady: false,
  isBuffered: false,
  heldBytes: 0,
  takenBytes: 0,
  write: () => {},
  end: () => {},
  cut: () => {},
}

/** Who fills an output. */
export interface Producer {
  /** The output takes bytes: write until it does not. */
  readonly onReady: () => void
  /** The client has left, or could not be written to, with this error; the output is of no more use. */
  readonly onGone: (error?: unknown) => void
}

/** In place of a producer that is through with its output, so that nothing of it is kept (SSE-7). */
export const noProducer: Producer = { onReady: () => {}, onGone: () => {} }

/** A response with status 200 whose body is pushed: it has headers, and starts once there is an output for it. */
export interface PushedBody {
  readonly headers: Headers
  /** Called once. The first `onReady` comes after it has returned. */
  readonly open: (output: Output) => Producer
}

/** An answer to a request: a response as it is, or one whose body is pushed. */
export type Answer = Response | PushedBody

/**
 * Under this name a handler offers its answers before they are made into a `Response`, so that the Node adapter can
 * write to `res` without a stream in between (SSE-27).
 */
export const answers: unique symbol = Symbol('crux.answers')

/** A handler that offers its answers. */
export interface AnsweringHandler {
  readonly [answers]: (request: Request) => Answer | Promise<Answer>
}

/** How long a client that takes no byte is waited for after the end was said, in milliseconds (LIVE-16). */
export const lastWordMs = 5_000
