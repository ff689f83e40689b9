/** One received event. */
export interface SseMessage {
  /** The name the server gave it, `message` if none. */
  readonly event: string
  /** Its `data` lines, joined by LF. */
  readonly data: string
  /** The last id in force, which an earlier event may have set; `''` before the first (SSE-35). */
  readonly id: string
}

/** The id of a frame that ends a stream for good; it never becomes a client's last id (SSE-19, SSE-38). */
export const sseEndId = 'sse:end'
