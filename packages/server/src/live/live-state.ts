import type { CruxStore } from '@crux/core'
import type { Chunk } from '../push/chunk.ts'
import type { Output } from '../push/pushed-body.ts'
import type { Link } from './chain.ts'
import type { EndReason } from './frames.ts'
import type { Batch, ProgressWindow } from './progress-window.ts'
import type { SnapshotReader } from './snapshot-reader.ts'
import type { PartTexts, View } from './view.ts'

// What a handler holds while it has clients: scopes hold channels, channels hold connections, and each knows its owner.

/** A scope that somebody follows. */
export interface FollowedScope {
  /** Absolute, such as `tenant:session:42:`. */
  readonly name: string
  readonly store: CruxStore
  /** By tag for views that are shared, by the view itself for the others. */
  readonly channels: Map<View | string, Channel>
  readonly progress: ProgressWindow
  readonly polls: Set<Poll>
  /** What the next round sends. */
  outgoing: Batch[]
  /** Connections and polls that have entered it. */
  size: number
}

/** A request of the polling form, from its first read to its answer. */
export interface Poll {
  readonly onChange: () => void
  readonly onEnd: () => void
}

/** Clients of one scope that are sent the same bytes. */
export interface Channel {
  readonly view: View
  readonly connections: Set<Connection>
  /** Snapshots for all its clients; missing where each sees its own. */
  readonly snapshots: SnapshotReader | undefined
  /** The empty link at the end of the chain, where a new client begins to listen. */
  readonly last: () => Link
  /** Encodes batches once and hands them to every client that takes them. */
  readonly send: (batches: readonly Batch[], texts: PartTexts) => void
  /** For a client that had fallen behind: the newest value of all that it missed. It then stands at the end. */
  readonly catchUp: (connection: Connection) => Iterator<Chunk, void>
  /** True if it was the last client. */
  readonly leave: (connection: Connection) => boolean
}

/**
 * One client. It is filled from one of three places:
 *
 *     backlog   snapshot, catch-up, or the newest values of what it missed: made as it is taken
 *     chain     the shared changes, from `next` on
 *     missed    it fell too far behind: nothing is kept for it but the position (D7)
 *
 *     opening ─ backlog ─► chain ─ too far behind ─► missed ─ it takes bytes again ─► backlog ─► chain …
 */
export interface Connection {
  readonly scope: FollowedScope
  readonly channel: Channel
  output: Output
  /** Everything up to here was handed over. */
  position: number
  /** The first link that it has not taken; `undefined` while it has fallen behind. */
  next: Link | undefined
  backlog: Iterator<Chunk, void> | undefined
  /** The next chunk of the backlog, made ahead, so that it is known whether something waits. */
  upcoming: Chunk | undefined
  /** Aborting it ends the feed that it begins with. */
  feed: AbortController | undefined
  /** Called once when the backlog has been taken, or the connection has ended. */
  onDrained: (() => void) | undefined
  /** True once it was given its first bytes. */
  isGreeted: boolean
  /** False until `ready` is on its way: changes wait in the chain. */
  isLive: boolean
  isEnded: boolean
  /** Why the server ended it; `undefined` if it did not. */
  endReason: EndReason | undefined
  /** Called once, after the end, with the reason. */
  onEnd: ((reason: EndReason | undefined) => void) | undefined
  lifetime: ReturnType<typeof setTimeout> | undefined
  /** When bytes were last handed over, on the clock of `performance.now()`. */
  wroteAt: number
  /** When it was first seen not to take what waits for it; 0 when it keeps up. */
  stalledAt: number
}
