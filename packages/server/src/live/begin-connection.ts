import type { ChangeBatch, CruxStore } from '@crux/core'
import { chunkFrames } from '../push/chunk-frames.ts'
import { feedEnded, openFeed, type Feed } from './feed.ts'
import { resetFrame, type OpeningFrames } from './frames.ts'
import { positionOf, tagCursor } from './live-cursor.ts'
import type { Connection } from './live-state.ts'
import { sendBacklog, setBacklog } from './pump.ts'
import { batchFrames, snapshotFrames } from './view.ts'

/** What a connection needs to begin. */
export interface BeginOptions {
  readonly store: Pick<CruxStore, 'changes'>
  /** The store's cursor that the client resumes from. */
  readonly after: string | undefined
  readonly opening: OpeningFrames
  /** The store failed after its first answer and before `ready`. */
  readonly onFailure: (error: unknown) => void
}

/**
 * Resolves once the store has given its first answer; rejects with the store's error if there is none, and with
 * `closed` if the connection has ended. What is sent, up to `ready`, then follows as fast as the client takes it
 * (LIVE-10).
 */
export async function beginConnection(connection: Connection, options: BeginOptions): Promise<void> {
  const { snapshots } = connection.channel
  const { store, after, onFailure } = options
  let feed = after === undefined ? undefined : await open(connection, store, after)
  if (feed?.first.reset && snapshots !== undefined) {
    // The cursor is of no use, so a snapshot is due, and that one is shared.
    await feed.end()
    feed = undefined
  }
  if (feed === undefined) {
    const snapshot = await snapshots?.read()
    if (snapshot !== undefined) {
      goLive(connection, snapshot.cursor)
      setBacklog(connection, snapshot.chunks.values())
      return
    }
    feed = await open(connection, store, undefined)
  }
  follow(connection, feed, options).catch((error: unknown) => {
    if (!connection.isEnded) onFailure(error)
  })
}

function open(
  connection: Connection,
  store: Pick<CruxStore, 'changes'>,
  after: string | undefined,
): Promise<Feed> {
  connection.feed = new AbortController()
  if (connection.isEnded) connection.feed.abort(feedEnded)
  return openFeed(store, after, connection.feed)
}

async function follow(connection: Connection, { batches }: Feed, options: BeginOptions): Promise<void> {
  let head = options.opening.greeting
  let sent: Set<string> | undefined
  for await (const batch of batches) {
    if (connection.isEnded) return
    if (batch.reset) sent = new Set()
    if (batch.ready) goLive(connection, batch.cursor)
    const taken = sendBacklog(connection, chunkFrames(framesOf(connection, batch, { head, sent, options })))
    head = ''
    if (!batch.ready) await taken
  }
  connection.feed = undefined
}

/** From here on the connection takes what the channel has after this position. */
function goLive(connection: Connection, cursor: string | undefined): void {
  connection.isLive = true
  if (cursor !== undefined) connection.position = positionOf(cursor)
}

function* framesOf(
  connection: Connection,
  { changes, cursor, reset, ready }: ChangeBatch,
  { head, sent, options }: { head: string; sent: Set<string> | undefined; options: BeginOptions },
): Generator<string> {
  const { view } = connection.channel
  if (head !== '') yield head
  if (reset) yield resetFrame
  if (sent !== undefined) yield* snapshotFrames(view, changes, sent)
  else yield* batchFrames(view, changes, ready ? undefined : cursor && tagOf(connection, cursor))
  if (ready && cursor !== undefined) yield options.opening.ready(tagOf(connection, cursor))
}

function tagOf(connection: Connection, cursor: string): string {
  return tagCursor(cursor, connection.channel.view.tag)
}
