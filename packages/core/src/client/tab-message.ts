import { CruxError } from '../errors/crux-error.ts'
import type { ConnectionStatus } from './crux-transport.ts'
import type { Delivery } from './live-target.ts'
import { SseClientError, type SseClientErrorCode } from './sse-client-error.ts'

/** How the connection of the leading tab stands. */
export interface SharedStatus {
  readonly status: ConnectionStatus
  readonly error?: SharedError | undefined
}

/** What a tab asks of the one that leads. */
export type TabQuestion =
  /** What has happened since this cursor? `question` is told in the answer. */
  { readonly type: 'hello'; readonly cursor: string; readonly question: number } | { readonly type: 'retry' }

/** What the leading tab tells the others. */
export type TabNews =
  | ({ readonly type: 'lead' | 'status' | 'over' } & SharedStatus)
  | ({
      readonly type: 'welcome'
      readonly to: string
      readonly question: number
      readonly delivery: Delivery
    } & SharedStatus)
  /** `after` is the cursor that those have who missed nothing. */
  | { readonly type: 'delivery'; readonly after: string; readonly delivery: Delivery }

/** What goes from tab to tab; `from` is the one that says it. */
export type TabMessage = (TabQuestion | TabNews) & { readonly from: string }

/** The error of a connection, as it passes from tab to tab, which keeps no fields of errors. */
interface SharedError {
  readonly code: SseClientErrorCode
  readonly message: string
  readonly status: number | undefined
}

export function shareError(error: unknown): SharedError | undefined {
  if (!CruxError.is<SseClientErrorCode>(error)) return undefined
  const { code, message } = error
  return { code, message, status: error instanceof SseClientError ? error.status : undefined }
}

export function readSharedError(shared: SharedError | undefined): SseClientError | undefined {
  if (!shared) return undefined
  const { code, message, status } = shared
  return new SseClientError(code, message, status === undefined ? {} : { status })
}
