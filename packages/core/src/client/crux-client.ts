import type { EntityRef } from '../entities/entity.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { TaskNode } from '../entities/task-tree.ts'
import type { Task } from '../entities/task.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { ConnectionStatus, CruxTransport } from './crux-transport.ts'

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

/**
 * What can be read of a client: its state now, or the state it began with. Entities and arrays keep their identity
 * until something in them changed (CLI-11). One entity is `undefined` when it is unknown or removed; arrays are empty.
 */
export interface CruxClientView {
  /** A discarded plan is still given, with `discardedAt`. */
  readonly getPlan: (id: string) => Plan | undefined
  /** Newest first; without discarded ones unless `includeDiscarded`. */
  readonly getPlans: (filter?: { readonly includeDiscarded?: boolean }) => readonly Plan[]
  readonly getTaskList: (id: string) => TaskList | undefined
  /** Newest first, discarded ones included. */
  readonly getTaskListsByPlan: (planId: string) => readonly TaskList[]
  /** `taskId` is local to the list. */
  readonly getTask: (listId: string, taskId: string) => Task | undefined
  /** Local ids in position order, removed ones excluded. The same array while only fields of tasks change. */
  readonly getTaskIds: (listId: string) => readonly string[]
  /** In position order, removed ones excluded. */
  readonly getTasks: (listId: string) => readonly Task[]
  /** The top level of the list's tree; children of a removed task are with its nearest living ancestor (TASK-8). */
  readonly getTaskTree: (listId: string) => readonly TaskNode[]
  readonly getConnection: () => ConnectionState
}

/**
 * The client cache: the newest value of each entity, with stable identities, and who wants to hear of what. It
 * connects on the first subscriber and disconnects 1 s after the last one left (CLI-10).
 */
export interface CruxClient extends CruxClientView {
  /** What `initialState` holds, also after the client moved on: server rendering and hydration show it (RCT-4). */
  readonly initial: CruxClientView
  /**
   * Calls `listener` after what it names changed; gives its idempotent undo. A selector is run again only when
   * something changed that it read from this client the last time, and its value is compared by `Object.is`. A listener
   * that throws breaks nobody else: its error goes to `reportError`, where there is one, else it is uncaught.
   */
  readonly subscribe: (
    target: ClientRef | ((client: CruxClientView) => unknown),
    listener: () => void,
  ) => () => void
  /** The newest value of each entity, removed tasks included, for `initialState` of another client. */
  readonly dehydrate: () => DehydratedState
  /** Tries to connect again at once. Does nothing without a subscriber. */
  readonly retry: () => void
  /**
   * Connects a further transport to the sink of this client without keeping it, so that it can be collected as soon as
   * its owner lets go of it. Does nothing while the client is not connected.
   */
  readonly attach: (transport: CruxTransport) => void
  /** Disconnects for good: later subscribers get what is known and hear nothing more. Idempotent. */
  readonly close: () => void
}

/** What `createCruxClient` takes. */
export interface CruxClientOptions {
  readonly transport: CruxTransport
  /** What `dehydrate()` of another client gave, usually one on the server. */
  readonly initialState?: DehydratedState | undefined
}
