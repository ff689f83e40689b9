import type { Chunk } from '../push/chunk.ts'
import { takeRun, type Link } from './chain.ts'
import type { Connection } from './live-state.ts'

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
