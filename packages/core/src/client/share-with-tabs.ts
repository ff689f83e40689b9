import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { Connection } from './connection.ts'
import type { Following } from './create-live-transport.ts'
import type { ConnectionStatus } from './crux-transport.ts'
import type { Delivery, LiveTarget } from './live-target.ts'
import { onWake } from './on-wake.ts'
import { createTabLock } from './tab-lock.ts'
import {
  readSharedError,
  shareError,
  type TabMessage,
  type TabNews,
  type TabPlace,
  type TabQuestion,
} from './tab-message.ts'

/** What the tab with the connection holds. */
export type SharedFollowing = Pick<Connection, 'retry' | 'wake' | 'close'>

/**
 * Follows a live store over one connection for all tabs that use the same name (CLI-4).
 *
 *              ┌── lock ──▶ leads: follows, and tells the others ──failed, ended──┐
 *     ──▶ queued, hears the leader                                                ▼
 *              ▲  └───────────────── the leader says that it is over ─────────▶ over
 *              └───────── retry() here, or somebody leads again ──────────────────┘
 *
 * Each tab keeps the newest value of everything and the cursor up to which it has it. So whoever gets the lock goes on
 * from its own cursor, and gives a snapshot to those that ask. A delivery has a number and names the cursor that it
 * follows: a tab that has another one has missed something and asks. Numbers alone would not do where the leader is a
 * new one, and cursors alone not where the server repeats one (LIVE-11).
 */
export function shareWithTabs(
  locks: LockManager,
  name: string,
  follow: (target: LiveTarget) => SharedFollowing,
  target: LiveTarget,
): Following {
  const channel = new BroadcastChannel(name)
  const lock = createTabLock(locks, name, lead)
  const tab = crypto.randomUUID()
  const parts = new Map<string, CruxDataPart>()
  let shown: { readonly status: ConnectionStatus; readonly error?: unknown } = { status: 'connecting' }
  let following: SharedFollowing | undefined
  let leader = ''
  let questions = 0
  /** Deliveries of the leader. */
  let count = 0
  let isFollowed = false
  let isClosed = false

  const standing = () => ({ status: shown.status, error: shareError(shown.error) })
  const isOver = () => shown.status === 'ended' || shown.status === 'failed'

  function say(message: TabQuestion | TabNews) {
    // Whoever is shown something may close this.
    if (!isClosed) channel.postMessage({ ...message, from: tab } satisfies TabMessage)
  }

  function show(status: ConnectionStatus, error?: unknown) {
    shown = { status, error }
    target.status(status, error)
  }

  function accept(delivery: Delivery) {
    if (delivery.reset) parts.clear()
    for (const part of delivery.changes) keep(part)
    if (delivery.ready) shown = { status: 'live' }
    target.deliver(delivery)
  }

  /** What was removed need not be told to whoever comes later. */
  function keep(part: CruxDataPart) {
    const { entity, key, value } = Object(part)
    if (typeof key !== 'string') return
    const slot = `${entity}:${key}`
    if (Object(value).removedAt === undefined) parts.set(slot, part)
    else parts.delete(slot)
  }

  const toAll: LiveTarget = {
    cursor: target.cursor,
    deliver(delivery) {
      count += 1
      if (isFollowed) say({ type: 'delivery', after: target.cursor(), count, delivery })
      accept(delivery)
    },
    status(status, error) {
      show(status, error)
      say({ type: isOver() ? 'over' : 'status', ...standing() })
      // The others leave the queue first, so that none of them asks what has just been answered.
      if (isOver()) lock.leaveWhenAlone()
    },
  }

  function lead() {
    leader = tab
    count = 0
    if (shown.status === 'live') show('reconnecting')
    else if (isOver()) show('connecting')
    say({ type: 'lead', ...standing() })
    following?.close()
    following = follow(toAll)
  }

  function greet() {
    if (lock.isHeld()) return
    questions += 1
    say({ type: 'hello', question: questions, leader, count, cursor: target.cursor() })
  }

  /** What somebody lacks who is there; `undefined` if that has to wait. */
  function missing(place: TabPlace): Delivery | undefined {
    const cursor = target.cursor()
    const isLive = shown.status === 'live'
    if (place.leader === tab && place.count === count) return { changes: [], ready: isLive }
    // Until this tab is live it may know less than another does that knows something, and without a cursor it has no
    // snapshot yet. Its `ready` goes to all, and those who lack something will see that they do.
    if (cursor === '' || (place.cursor !== '' && !isLive)) return undefined
    return { reset: true, changes: [...parts.values()], ready: true, cursor }
  }

  function answer(question: TabQuestion, from: string) {
    if (!lock.isHeld()) return
    if (question.type === 'retry') return retry()
    isFollowed = true
    if (isOver()) say({ type: 'over', ...standing() })
    else {
      const delivery = missing(question)
      say({ type: 'welcome', to: from, question: question.question, count, delivery, ...standing() })
      // Somebody looks, while this tab may be hidden.
      following?.wake()
    }
  }

  function hear(news: TabNews, from: string) {
    // An answer to an earlier question may come late, from one that leads no more.
    const isForOthers = news.type === 'welcome' && (news.to !== tab || news.question !== questions)
    if (lock.isHeld() || isForOthers) return
    if (news.type === 'lead' || news.type === 'welcome') {
      leader = from
      lock.queue()
    }
    // So may its other news.
    if (leader !== '' && from !== leader) return
    switch (news.type) {
      case 'lead':
        count = 0
        show(news.status, readSharedError(news.error))
        // Its answer shows that it leads still: this may have come late.
        return greet()
      case 'welcome':
        if (news.delivery) {
          count = news.count
          accept(news.delivery)
        }
        if (news.status !== shown.status) show(news.status, readSharedError(news.error))
        return
      case 'delivery':
        if (!news.delivery.reset && (news.count !== count + 1 || news.after !== target.cursor()))
          return greet()
        count = news.count
        return accept(news.delivery)
      case 'over':
        lock.leave()
        return show(news.status, readSharedError(news.error))
      case 'status':
        return show(news.status, readSharedError(news.error))
      default:
        return news satisfies never
    }
  }

  /** In the tab that holds the lock. */
  function retry() {
    if (isOver()) lead()
    else following?.retry()
  }

  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (data.type === 'hello' || data.type === 'retry') answer(data, data.from)
    else hear(data, data.from)
  }
  // A page that was frozen may have missed something.
  const stopWaking = onWake(greet)
  lock.queue()
  greet()
  return {
    retry() {
      if (lock.isHeld()) return retry()
      if (isOver()) show('connecting')
      lock.queue()
      say({ type: 'retry' })
    },
    close() {
      isClosed = true
      stopWaking()
      channel.close()
      following?.close()
      lock.leave()
    },
  }
}
