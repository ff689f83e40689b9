/** One attempt, as a scripted server sees it. */
export interface Attempt {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Headers
  /** When it came, by the clock of the timers. */
  readonly at: number
  /** Opens an event stream. */
  readonly open: (headers?: Record<string, string>) => void
  /** Answers with a status. */
  readonly answer: (status: number, headers?: Record<string, string>) => void
  /** Fails like a network does. */
  readonly fail: () => void
  readonly send: (bytes: string | Uint8Array) => void
  readonly end: () => void
  /** The connection breaks in the middle of the body. */
  readonly breakOff: () => void
  /** True once the client has let go of it. */
  readonly isAborted: () => boolean
}

/**
 * A `fetch` whose answers the test gives by hand, so that time can be fake. Each attempt is handed to `onAttempt`.
 */
export function scriptedFetch(onAttempt: (attempt: Attempt, index: number) => void = () => {}) {
  const attempts: Attempt[] = []
  const fetch: typeof globalThis.fetch = (input, init = {}) =>
    new Promise((resolve, reject) => {
      let controller: ReadableStreamDefaultController<Uint8Array> | undefined
      let isCancelled = false
      const { signal } = init
      signal?.addEventListener('abort', () => {
        reject(signal.reason)
        if (!isCancelled) controller?.error(signal.reason)
      })
      const attempt: Attempt = {
        url: new Request(input).url,
        init,
        headers: new Headers(init.headers),
        at: performance.now(),
        open(headers) {
          const body = new ReadableStream<Uint8Array>({
            start: (given) => void (controller = given),
            cancel: () => void (isCancelled = true),
          })
          resolve(new Response(body, { headers: { 'content-type': 'text/event-stream', ...headers } }))
        },
        answer: (status, headers = {}) => resolve(new Response(null, { status, headers })),
        fail: () => reject(new TypeError('fetch failed')),
        send: (bytes) =>
          controller?.enqueue(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
        end: () => controller?.close(),
        breakOff: () => controller?.error(new TypeError('terminated')),
        isAborted: () => isCancelled || signal?.aborted === true,
      }
      attempts.push(attempt)
      onAttempt(attempt, attempts.length - 1)
    })
  return {
    fetch,
    attempts,
    /** The newest attempt. */
    last: () => {
      const attempt = attempts.at(-1)
      if (!attempt) throw new Error('Nothing was asked for yet.')
      return attempt
    },
  }
}
