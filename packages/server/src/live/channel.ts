import type { CruxRecord } from '@crux/core'
import { createChunk } from '../push/chunk.ts'
import { chunkFrames, chunkLength } from '../push/chunk-frames.ts'
import { createChain, fillLink } from './chain.ts'
import { changeFrame } from './frames.ts'
import type { Channel, Connection } from './live-state.ts'
import { createMissedChanges, type MissedChanges } from './missed-changes.ts'
import type { Batch } from './progress-window.ts'
import { pump } from './pump.ts'
import type { SnapshotReader } from './snapshot-reader.ts'
import { batchFrames, encodeChange, type PartTexts, type View } from './view.ts'

/** What a channel needs. */
export interface ChannelOptions {
  readonly view: View
  readonly snapshots: SnapshotReader | undefined
  readonly cursorAt: (position: number) => string
  /** A client that has as much waiting in the chain falls out of it (LIVE-17). */
  readonly maxBufferedBytes: number
}

/** Makes a channel without clients. */
export function createChannel({ view, snapshots, cursorAt, maxBufferedBytes }: ChannelOptions): Channel {
  const connections = new Set<Connection>()
  let last = createChain()
  let position = 0
  /** What somebody who has fallen behind must still get; there only while there is somebody. */
  let missed: MissedChanges | undefined

  function append(batches: readonly Batch[], texts: PartTexts): void {
    let text = ''
    let changes: CruxRecord[] = []
    let end = position
    const fill = () => {
      last = fillLink(last, { chunk: createChunk(text), changes, end, complete: position })
      text = ''
      changes = []
    }
    for (const batch of batches) {
      end = batch.position
      let left = batch.changes.length
      for (const record of batch.changes) {
        const isLast = --left === 0
        if (isLast) position = end
        text += changeFrame(encodeChange(view, record, texts), isLast ? cursorAt(end) : undefined)
        changes.push(record)
        missed?.add(record)
        if (text.length >= chunkLength) fill()
      }
    }
    if (text !== '') fill()
  }

  function fallBehind(connection: Connection): void {
    missed ??= createMissedChanges()
    missed.join(connection)
    for (let link = connection.next?.filled; link !== undefined; link = link.next.filled) {
      for (const record of link.changes) missed.add(record)
    }
    connection.next = undefined
  }

  function comeBack(connection: Connection): readonly CruxRecord[] {
    const changes = missed?.since(connection.position) ?? []
    forget(connection)
    return changes
  }

  function forget(connection: Connection): void {
    missed?.leave(connection)
    if (missed?.isDone()) missed = undefined
  }

  return {
    view,
    connections,
    snapshots,
    last: () => last,
    send: (batches, texts) => {
      // What was waiting before counts, not what is added now: one large commit alone makes nobody fall behind.
      const offset = last.offset
      append(batches, texts)
      for (const connection of connections) {
        if (connection.output.isReady) pump(connection)
        const { next } = connection
        if (next !== undefined && offset - next.offset >= maxBufferedBytes) fallBehind(connection)
      }
    },
    catchUp: (connection) => {
      const changes = comeBack(connection)
      connection.next = last
      if (position > connection.position) connection.position = position
      return chunkFrames(batchFrames(view, changes, cursorAt(connection.position)))
    },
    leave: (connection) => {
      connections.delete(connection)
      forget(connection)
      if (connections.size > 0) return false
      snapshots?.close()
      return true
    },
  }
}
