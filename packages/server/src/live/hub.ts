import type { ChangeBatch, CruxRecord, CruxStore } from '@crux/core'
import { createChannel } from './channel.ts'
import type { OpeningFrames } from './frames.ts'
import { positionOf, tagCursor } from './live-cursor.ts'
import type { Channel, Connection, FollowedScope } from './live-state.ts'
import { createProgressWindow, type Batch } from './progress-window.ts'
import { createSendWindow } from './send-window.ts'
import { createSnapshotReader } from './snapshot-reader.ts'
import type { PartTexts, View } from './view.ts'

/** Where the changes of a store are sorted by scope and sent to who follows them. */
export interface Hub {
  /** All scopes that somebody follows, by absolute name. */
  readonly scopes: ReadonlyMap<string, FollowedScope>
  /** The store's view of a scope, relative to the store. Throws `invalid-id` if it is none. */
  readonly viewOf: (prefix: string) => CruxStore
  /** Takes a place in a scope. The store is listened to from then on, before anything is read (D5). */
  readonly enter: (store: CruxStore) => FollowedScope
  /** Gives the place back. With the last one everything of the scope is forgotten, and with the last scope the store. */
  readonly leave: (scope: FollowedScope) => void
  /** The channel of a view. */
  readonly channelOf: (scope: FollowedScope, view: View) => Channel
  /** A connection leaves its channel. */
  readonly part: (scope: FollowedScope, connection: Connection) => void
  readonly close: () => void
}

/** What a hub needs. */
export interface HubOptions {
  readonly store: CruxStore
  readonly opening: OpeningFrames
  readonly maxBufferedBytes: number
  readonly progressWindowMs: number
  /** The store's data is not what it was: every cursor is void (STO-12). */
  readonly onEpoch: () => void
  /** A change could not be sent to a scope; its clients must come back. */
  readonly onFailure: (error: unknown, scope: FollowedScope) => void
}

/** What the kept snapshots of a handler may take together. */
const maxSnapshotBytes = 16 * 1_048_576

/**
 * One subscription for all clients of a handler. A change concerns the scopes that its key names, and those are looked
 * up, so that its cost does not grow with the clients elsewhere (LIVE-18):
 *
 *     commit ─► by scope of the key ─► progress window ─► send window ─► channels ─► clients
 *               '', 'a:', 'a:b:'       (of the scope)     (of the hub)   encoded once per channel
 */
export function createHub({
  store,
  opening,
  maxBufferedBytes,
  progressWindowMs,
  onEpoch,
  onFailure,
}: HubOptions): Hub {
  const scopes = new Map<string, FollowedScope>()
  const due = new Set<FollowedScope>()
  const sendWindow = createSendWindow(sendRound)
  const snapshotBudget = { bytes: maxSnapshotBytes }
  let unsubscribe: (() => void) | undefined

  function hear(batch: ChangeBatch): void {
    if (batch.reset) return startOver()
    const last = batch.changes.at(-1)
    if (last === undefined) return
    const position = batch.cursor === undefined ? last.seq : positionOf(batch.cursor)
    for (const [scope, changes] of byScope(batch.changes))
      release(scope, scope.progress.take({ changes, position }))
  }

  function startOver(): void {
    onEpoch()
    for (const scope of scopes.values()) for (const poll of scope.polls) poll.onChange()
  }

  function byScope(changes: readonly CruxRecord[]): Map<FollowedScope, CruxRecord[]> {
    const sorted = new Map<FollowedScope, CruxRecord[]>()
    for (const record of changes) {
      for (let end = 0; ;) {
        const scope = scopes.get(record.key.slice(0, end))
        if (scope !== undefined) {
          const known = sorted.get(scope)
          if (known === undefined) sorted.set(scope, [record])
          else known.push(record)
        }
        end = record.key.indexOf(':', end) + 1
        if (end === 0) break
      }
    }
    return sorted
  }

  function release(scope: FollowedScope, batch: Batch | undefined): void {
    if (batch === undefined) return
    scope.outgoing.push(batch)
    due.add(scope)
    sendWindow.request()
  }

  function sendRound(): void {
    const texts: PartTexts = new Map()
    const round = [...due]
    due.clear()
    for (const scope of round) {
      const batches = scope.outgoing
      scope.outgoing = []
      try {
        for (const channel of scope.channels.values()) channel.send(batches, texts)
      } catch (error) {
        onFailure(error, scope)
      }
      for (const poll of scope.polls) poll.onChange()
    }
  }

  return {
    scopes,
    // A view that is in use was checked, and making another one would cost more than all else that a request takes.
    viewOf: (prefix) => scopes.get(store.scopePrefix + prefix)?.store ?? store.scope(prefix),
    enter: (view) => {
      unsubscribe ??= store.subscribe(hear)
      const name = view.scopePrefix
      let scope = scopes.get(name)
      if (scope === undefined) {
        const progress = createProgressWindow(progressWindowMs, (batch) => release(followed, batch))
        const followed: FollowedScope = {
          name,
          store: view,
          channels: new Map(),
          progress,
          polls: new Set(),
          outgoing: [],
          size: 0,
        }
        scope = followed
        scopes.set(name, scope)
      }
      scope.size++
      return scope
    },
    leave: (scope) => {
      scope.size--
      if (scope.size > 0) return
      scope.progress.close()
      scopes.delete(scope.name)
      due.delete(scope)
      if (scopes.size > 0) return
      unsubscribe?.()
      unsubscribe = undefined
    },
    channelOf: (scope, view) => {
      const key = keyOf(view)
      let channel = scope.channels.get(key)
      if (channel === undefined) {
        channel = createChannel({
          view,
          snapshots: view.isShared
            ? createSnapshotReader({ store: scope.store, view, opening, budget: snapshotBudget })
            : undefined,
          cursorAt: (position) => tagCursor(scope.store.cursorAt(position), view.tag),
          maxBufferedBytes,
        })
        scope.channels.set(key, channel)
      }
      return channel
    },
    part: (scope, connection) => {
      const { channel } = connection
      if (channel.leave(connection)) scope.channels.delete(keyOf(channel.view))
    },
    close: sendWindow.close,
  }
}

/** Where a channel is found: clients with the same tag share one, a view that is not shared has its own. */
function keyOf(view: View): View | string {
  return view.isShared ? view.tag : view
}
