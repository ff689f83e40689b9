import { CruxError } from '../errors/crux-error.ts'
import type { ConnectionStatus } from './crux-transport.ts'
import type { Delivery } from './live-target.ts'
import { SseClientError, type SseClientErrorCode } from './sse-client-error.ts'

/** How the connection of the leading tab stands. */
export interface SharedStatus {
  readonly status: ConnectionStatus
  readonly error?: SharedError | undefined
}

/** What a tab has of what the leading one delivered. */
export interface TabPlace {
  /** The tab that leads, as far as this one knows. */
  readonly leader: string
  /** How many deliveries of that leader. */
  readonly count: number
  /** Everything up to this cursor. */
  readonly cursor: string
}

/** What a tab asks of the one that leads. */
export type TabQuestion =
  /** What has happened since? `question` is told in the answer. */
  ({ readonly type: 'hello'; readonly question: number } & TabPlace) | { readonly type: 'retry' }

/** What the leading tab tells the others. */
export type TabNews =
  | ({ readonly type: 'lead' | 'status' | 'over' } & SharedStatus)
  /** Without a delivery, what is missing comes with the next one to all. */
  | ({
      readonly type: 'welcome'
      readonly to: string
      readonly question: number
      readonly count: number
      readonly delivery: Delivery | undefined
    } & SharedStatus)
  /** For those who have everything up to the cursor `after` and all deliveries before this one. */
  | { readonly type: 'delivery'; readonly after: string; readonly count: number; readonly delivery: Delivery }

/** What goes from tab to tab; `from` is the one that says it. */
export type TabMessage = (TabQuestion | TabNews) & { readonly from: string }

/** The error of a connection, as it passes from tab to tab, which keeps no fields of errors. */
interface SharedError {
  readonly code: SseClientErrorCode
  readonly message: string
  readonly status: number | undefined
}

/** An error as it can be posted; `undefined` for what is none of a connection. */
export function shareError(error: unknown): SharedError | undefined {
  if (!CruxError.is<SseClientErrorCode>(error)) return undefined
  const { code, message } = error
  return { code, message, status: error instanceof SseClientError ? error.status : undefined }
}

/** The error that another tab has posted. */
export function readSharedError(shared: SharedError | undefined): SseClientError | undefined {
  if (!shared) return undefined
  const { code, message, status } = shared
  return new SseClientError(code, message, status === undefined ? {} : { status })
}
