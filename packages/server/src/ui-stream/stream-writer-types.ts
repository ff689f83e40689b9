import type { CruxDataChunk } from '@crux/core'

/**
 * The writer that `createUIMessageStream` of AI SDK 5, 6 and 7 gives to `execute`, as far as it is used. A writer whose
 * message type does not allow for the parts of Crux does not fit; one for plain `UIMessage` does (SDK-8).
 */
export interface UIMessageStreamWriterLike<C> {
  readonly write: ((chunk: C) => void) & ((chunk: CruxDataChunk) => void)
  readonly merge?: (stream: ReadableStream<C>) => void
}

/** What of a store is shown in a stream, and how. */
export interface CruxPartOptions {
  /** Begin with what the scope already holds. Default true. */
  readonly snapshot?: boolean | undefined
  /** Leave the newest part of each entity in the message, and so in the history. Default false: only `onData` sees it. */
  readonly persist?: boolean | undefined
  /** How long progress may wait for more progress, in milliseconds (D8). Default 50; 0 sends each at once. */
  readonly progressWindowMs?: number | undefined
  /** Its abort ends the subscription: give `request.signal`, by which the server says that the client has left. */
  readonly signal?: AbortSignal | undefined
}
