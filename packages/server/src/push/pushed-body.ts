import type { Chunk } from './chunk.ts'

/** Where the bytes of one response go: a `ReadableStream` that someone reads, or a response of Node. */
export interface Output {
  /** True while it takes bytes. `write` may turn it false; it is true again when `onReady` is called. */
  readonly isReady: boolean
  /** Hands bytes over. Only while `isReady`. */
  readonly write: (chunk: Chunk) => void
  /**
   * Ends the body, after `last` if there is one: the client has 5 s to take it, then it is cut off. Without `last` the
   * body ends at once. Nothing is called back afterwards.
   */
  readonly end: (last?: Chunk) => void
}

/** An output that takes nothing: for a response that has not begun, or cannot begin. */
export const noOutput: Output = { isReady: false, write: () => {}, end: () => {} }

/** Who fills an output. */
export interface Producer {
  /** The output takes bytes: write until it does not. */
  readonly onReady: () => void
  /** The client has left; the output is of no more use. */
  readonly onGone: () => void
}

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
