import type { Chunk } from '../push/chunk.ts'
import type { Output } from '../push/pushed-body.ts'
import { takeRun, type Link } from './chain.ts'
import type { Channel } from './channel.ts'
import type { EndReason } from './frames.ts'
import type { FollowedScope } from './hub.ts'

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

/** Hands over what waits, as long as the output takes it. */
export function pump(connection: Connection): void {
  while (connection.output.isReady) {
    const chunk = takeNext(connection)
    if (chunk === undefined) return
    connection.wroteAt = performance.now()
    connection.isGreeted = true
    connection.output.write(chunk)
  }
}

/** True if something waits to be handed over. */
export function isWaiting(connection: Connection): boolean {
  if (connection.upcoming !== undefined) return true
  return connection.isLive && (connection.next === undefined || connection.next.filled !== undefined)
}

/** Puts a backlog before everything else. */
export function setBacklog(connection: Connection, backlog: Iterator<Chunk, void>): void {
  connection.backlog = backlog
  lookAhead(connection)
}

/** Sends a backlog; resolves when all of it was handed over, or when the connection has ended. */
export function sendBacklog(connection: Connection, backlog: Iterator<Chunk, void>): Promise<void> {
  return new Promise((resolve) => {
    connection.onDrained = resolve
    setBacklog(connection, backlog)
    pump(connection)
  })
}

function lookAhead(connection: Connection): void {
  const result = connection.backlog?.next()
  connection.upcoming = result?.value ?? undefined
  if (connection.upcoming !== undefined) return
  connection.backlog = undefined
  connection.onDrained?.()
  connection.onDrained = undefined
}

function takeNext(connection: Connection): Chunk | undefined {
  for (;;) {
    const { upcoming } = connection
    if (upcoming !== undefined) {
      lookAhead(connection)
      return upcoming
    }
    if (!connection.isLive) return undefined
    if (connection.next !== undefined) return takeFromChain(connection, connection.next)
    setBacklog(connection, connection.channel.catchUp(connection))
  }
}

function takeFromChain(connection: Connection, first: Link): Chunk | undefined {
  let link = first
  // What the snapshot or the catch-up already held.
  while (link.filled !== undefined && link.filled.end <= connection.position) link = link.filled.next
  connection.next = link
  if (link.filled === undefined) return undefined
  const { chunk, complete, next } = takeRun(link.filled)
  connection.next = next
  connection.position = Math.max(connection.position, complete)
  return chunk
}
