import type { EntityRef } from '../entities/entity.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { ConnectionStatus } from './crux-transport.ts'

/** What `getConnection()` gives; a new object each time something in it changed. */
export interface ConnectionState {
  readonly status: ConnectionStatus
  /** Why it is `reconnecting` or `failed`; `undefined` otherwise. */
  readonly error: unknown
  /** When the client last knew that it was in step, in ms since the epoch: at `ready`, and on leaving `live`. */
  readonly lastSyncedAt: number | undefined
  /** True once the server has said `ready`; stays true over reconnects. What is then unknown does not exist. */
  readonly isReady: boolean
  /** How many parts were ignored because their entity or shape is not known (LIVE-1, CLI-13). */
  readonly dropped: number
}

/** What can be listened to: one entity, the tasks of a list, the lists of a plan, all plans, the connection. */
export type ClientRef =
  | EntityRef
  | { readonly tasksOf: string }
  | { readonly listsOf: string }
  | 'plans'
  | 'connection'

/** What `dehydrate()` gives and `initialState` takes: JSON, safe to send from server to browser. */
export interface DehydratedState {
  readonly parts: readonly CruxDataPart[]
  /** True if it comes from a client that was ready: what it lacks does not exist. */
  readonly isReady: boolean
}

/** What can be read of a client: its state now, or the state it began with. Unchanged values keep their identity. */
export interface CruxClientView {
  readonly getPlan: (id: string) => Plan | undefined
  readonly getPlans: (filter?: { readonly includeDiscarded?: boolean }) => readonly Plan[]
  readonly getTaskList: (id: string) => TaskList | undefined
  /** Newest first, discarded ones included. */
  readonly getTaskListsByPlan: (planId: string) => readonly TaskList[]
  readonly getTask: (listId: string, taskId: string) => Task | undefined
  /** In position order, removed ones excluded. */
  readonly getTaskIds: (listId: string) => readonly string[]
  readonly getTasks: (listId: string) => readonly Task[]
  readonly getConnection: () => ConnectionState
}

/**
 * The client cache: the newest value of each entity, with stable identities, and who wants to hear of what. It
 * connects on the first subscriber and disconnects 1 s after the last one left (CLI-10).
 */
export interface CruxClient extends CruxClientView {
  /** What `initialState` holds, also after the client moved on: server rendering and hydration show it (RCT-4). */
  readonly initial: CruxClientView
  /** Calls `listener` after what it names changed; gives its undo. A selector's value is compared by `Object.is`. */
  readonly subscribe: (target: ClientRef | ((client: CruxClient) => unknown), listener: () => void) => () => void
  readonly dehydrate: () => DehydratedState
  /** Tries to connect again at once. */
  readonly retry: () => void
  readonly close: () => void
}
