import { createEventParser } from '../sse/event-parser.ts'
import type { SseMessage } from '../sse/sse-message.ts'
import { createConnection, type Connection, type ConnectionOptions } from './connection.ts'

/** What a connection needs to know and whom it tells. The callbacks must not throw; any of them may end or close it. */
export interface EventConnectionOptions extends Omit<ConnectionOptions, 'mediaType' | 'mayGoOn' | 'open'> {
  readonly onOpen: (response: Response) => void
  readonly onId?: ((id: string) => void) | undefined
  /** `hasId`: the event has an id of its own, and not only the last one in force. */
  readonly onMessage: (message: SseMessage, hasId: boolean) => void
  readonly onComment?: (() => void) | undefined
}

/** Keeps a connection to an event stream (SSE-37 to SSE-41). */
export function createEventConnection(options: EventConnectionOptions): Connection {
  const connection = createConnection({
    ...options,
    mediaType: 'text/event-stream',
    open(response, signal) {
      options.onOpen(response)
      const unlessLeft =
        <Args extends unknown[]>(callback?: (...args: Args) => void) =>
        (...args: Args) => {
          if (!signal.aborted) callback?.(...args)
        }
      const push = createEventParser({
        onMessage: unlessLeft(options.onMessage),
        onId: unlessLeft(options.onId),
        onComment: unlessLeft(options.onComment),
        onRetry: connection.setRetryMs,
      })
      return { push, end: connection.reconnect }
    },
  })
  return connection
}
