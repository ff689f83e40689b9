import { createChunk, type Chunk } from '../push/chunk.ts'
import { noOutput, type Output, type Producer } from '../push/pushed-body.ts'
import { unref } from '../push/unref.ts'
import { feedEnded } from './feed.ts'
import { endFrame, heartbeatFrame, type EndReason } from './frames.ts'
import { createHeartbeat } from './heartbeat.ts'
import type { Hub } from './hub.ts'
import type { Connection, FollowedScope } from './live-state.ts'
import { pump } from './pump.ts'
import type { View } from './view.ts'

/** The open connections of a handler. */
export interface Connections {
  readonly count: () => number
  /** A new connection to a scope that has been entered; it gives the place back when it ends. */
  readonly add: (scope: FollowedScope, view: View) => Connection
  /** Gives a connection the output of its response. */
  readonly open: (connection: Connection, output: Output) => Producer
  /** Ends a connection, once; without a reason its client has left (LIVE-16). */
  readonly end: (connection: Connection, reason?: EndReason) => void
  readonly endAll: (reason: EndReason, isMeant?: (connection: Connection) => boolean) => void
}

/** What the connections of a handler have in common. */
export interface ConnectionsOptions {
  readonly hub: Hub
  readonly greeting: string
  readonly heartbeatMs: number
  readonly stallMs: number
  readonly maxLifetimeMs: number | undefined
}

/** Makes an empty set of connections. */
export function createConnections({
  hub,
  greeting,
  heartbeatMs,
  stallMs,
  maxLifetimeMs,
}: ConnectionsOptions): Connections {
  const connections = new Set<Connection>()
  const beat = createChunk(heartbeatFrame)
  const heartbeat = createHeartbeat({
    heartbeatMs,
    stallMs,
    connections,
    onSilent: (connection) => {
      connection.wroteAt = performance.now()
      connection.output.write(beat)
    },
    onStalled: (connection) => end(connection, 'evicted'),
  })

  /** Made once for all that are ended for this reason. */
  const lastWords = new Map<EndReason, Chunk>()

  function lastWord(reason: EndReason, isGreeted: boolean): Chunk {
    if (!isGreeted) return createChunk(greeting + endFrame(reason))
    const chunk = lastWords.get(reason) ?? createChunk(endFrame(reason))
    lastWords.set(reason, chunk)
    return chunk
  }

  function end(connection: Connection, reason?: EndReason): void {
    if (connection.isEnded) return
    connection.isEnded = true
    connection.endReason = reason
    connections.delete(connection)
    if (connections.size === 0) heartbeat.stop()
    clearTimeout(connection.lifetime)
    connection.feed?.abort(feedEnded)
    const { output, onDrained, onEnd } = connection
    connection.feed =
      connection.backlog =
      connection.upcoming =
      connection.next =
      connection.onDrained =
      connection.onEnd =
        undefined
    connection.output = noOutput
    hub.part(connection.scope, connection)
    hub.leave(connection.scope)
    if (reason !== undefined) output.end(lastWord(reason, connection.isGreeted))
    onDrained?.()
    onEnd?.(reason)
  }

  return {
    count: () => connections.size,
    add: (scope, view) => {
      const channel = hub.channelOf(scope, view)
      const connection: Connection = {
        scope,
        channel,
        output: noOutput,
        position: 0,
        next: channel.last(),
        backlog: undefined,
        upcoming: undefined,
        feed: undefined,
        onDrained: undefined,
        isGreeted: false,
        isLive: false,
        isEnded: false,
        endReason: undefined,
        onEnd: undefined,
        lifetime: undefined,
        wroteAt: performance.now(),
        stalledAt: 0,
      }
      channel.connections.add(connection)
      connections.add(connection)
      heartbeat.start()
      if (maxLifetimeMs !== undefined) {
        connection.lifetime = setTimeout(end, maxLifetimeMs, connection, 'expired')
        unref(connection.lifetime)
      }
      return connection
    },
    open: (connection, output) => {
      if (!connection.isEnded) connection.output = output
      else if (connection.endReason !== undefined) output.end(lastWord(connection.endReason, false))
      return {
        onReady: () => {
          connection.stalledAt = 0
          pump(connection)
        },
        onGone: () => end(connection),
      }
    },
    end,
    endAll: (reason, isMeant) => {
      for (const connection of connections) if (isMeant?.(connection) ?? true) end(connection, reason)
    },
  }
}
