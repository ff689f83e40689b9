import type {
  ConnectionState,
  CruxClient,
  CruxClientOptions,
  CruxClientView,
  DehydratedState,
} from './crux-client.ts'
import type { ConnectionStatus, TransportSink } from './crux-transport.ts'
import { createEntityCache, type EntityCache, type EntrySource } from './entity-cache.ts'
import { createFrameBatch } from './frame-batch.ts'
import { createSubscriptions, type Subscriber } from './subscriptions.ts'
import { entityTopic, listsTopic, tasksTopic, topicOf, type Topic } from './topic.ts'

/** StrictMode and a change of route leave and come back within this time. */
const lingerMs = 1000

/**
 * A client of plans and tasks: it keeps the newest value of each, connects while somebody subscribes, and tells each
 * subscriber when what it named has changed, at most once per frame (CLI-10..13). Creating one starts nothing.
 *
 * @example
 * const client = createCruxClient({ transport: createSSETransport('/api/crux') })
 * const stop = client.subscribe({ tasksOf: 'list-1' }, () => console.log(client.getTasks('list-1')))
 */
export function createCruxClient({ transport, initialState }: CruxClientOptions): CruxClient {
  const start = startWith(initialState)
  const { cache } = start
  let connection = start.connection
  /** `connection` as of the last publish. */
  let shown = connection
  let initial: CruxClientView | undefined
  const subscriptions = createSubscriptions()
  const batch = createFrameBatch(publish)

  let isConnected = false
  let isClosed = false
  let disconnect: (() => void) | undefined
  let lingering: ReturnType<typeof setTimeout> | undefined
  /** What the selector under way has read. */
  let reads: Set<Topic> | undefined

  function publish() {
    const topics = cache.publish()
    if (shown !== connection) topics.add('connection')
    shown = connection
    subscriptions.announce(topics)
  }

  function changed(when: 'now' | 'soon') {
    if (shown !== connection || cache.hasNews()) batch.request(when)
  }

  function setStatus(status: ConnectionStatus, error?: unknown) {
    if (status === connection.status && error === connection.error) return
    const isLeaving = connection.status === 'live' && status !== 'live'
    connection = {
      ...connection,
      status,
      error: status === 'reconnecting' || status === 'failed' ? error : undefined,
      ...(isLeaving && { lastSyncedAt: Date.now() }),
    }
    // Beside `live` stand the changes that led to it, and `ready`: they are shown together.
    changed(status === 'live' ? 'soon' : 'now')
  }

  const isWaiting = () => connection.status === 'connecting' || connection.status === 'reconnecting'

  function sinkOf(source: EntrySource): TransportSink {
    const isWhole = source === cache.whole
    return {
      reset() {
        if (isConnected) cache.beginSnapshot(source)
      },
      apply(changes) {
        if (!isConnected) return
        let dropped = 0
        for (const part of changes) if (!cache.receive(part, source)) dropped += 1
        if (dropped > 0) connection = { ...connection, dropped: connection.dropped + dropped }
        // What belongs to a snapshot, or was missed while away, is shown when it is complete.
        const isPartial = isWaiting() || source.isInSnapshot() || cache.whole.isInSnapshot()
        changed(isPartial ? 'soon' : 'now')
      },
      ready() {
        if (!isConnected) return
        cache.endSnapshot(source)
        if (isWhole) {
          const status = isWaiting() ? 'live' : connection.status
          const error = status === connection.status ? connection.error : undefined
          connection = { ...connection, status, error, isReady: true, lastSyncedAt: Date.now() }
        }
        changed(isWhole ? 'now' : 'soon')
      },
      status(status, error) {
        if (isConnected && isWhole) setStatus(status, error)
      },
      fork: () => sinkOf(source.fork()),
    }
  }
  const sink = sinkOf(cache.whole)

  function connect() {
    isConnected = true
    try {
      disconnect = transport.connect(sink)
    } catch (error) {
      setStatus('failed', error)
    }
    // A listener may have closed the client because of what was delivered while connecting.
    if (!isConnected) disconnect?.()
  }

  function stop() {
    isConnected = false
    disconnect?.()
    disconnect = undefined
    setStatus('idle')
  }

  function subscribe(subscriber: Subscriber): () => void {
    subscriptions.add(subscriber)
    clearTimeout(lingering)
    if (!isConnected && !isClosed) connect()
    return () => {
      subscriptions.delete(subscriber)
      clearTimeout(lingering)
      if (subscriptions.size() === 0 && isConnected) lingering = setTimeout(stop, lingerMs)
    }
  }

  function watch(selector: (client: CruxClientView) => unknown, listener: () => void): Subscriber {
    let value: unknown
    const subscriber: Subscriber = {
      topics: new Set(),
      onChange() {
        const before = value
        run()
        if (!Object.is(before, value)) listener()
      },
    }
    function run() {
      const outer = reads
      const own = (reads = new Set())
      try {
        value = selector(client)
      } finally {
        reads = outer
        subscriptions.move(subscriber, own)
      }
    }
    run()
    return subscriber
  }

  const { view } = cache
  const client: CruxClient = {
    getPlan(id) {
      reads?.add(entityTopic('plan', id))
      return view.getPlan(id)
    },
    getPlans(filter) {
      reads?.add('plans')
      return view.getPlans(filter)
    },
    getTaskList(id) {
      reads?.add(entityTopic('tasklist', id))
      return view.getTaskList(id)
    },
    getTaskListsByPlan(planId) {
      reads?.add(listsTopic(planId))
      return view.getTaskListsByPlan(planId)
    },
    getTask(listId, taskId) {
      reads?.add(entityTopic('task', `${listId}/${taskId}`))
      return view.getTask(listId, taskId)
    },
    getTaskIds(listId) {
      reads?.add(tasksTopic(listId))
      return view.getTaskIds(listId)
    },
    getTasks(listId) {
      reads?.add(tasksTopic(listId))
      return view.getTasks(listId)
    },
    getTaskTree(listId) {
      reads?.add(tasksTopic(listId))
      return view.getTaskTree(listId)
    },
    getConnection() {
      reads?.add('connection')
      return shown
    },
    get initial() {
      if (!initial) {
        // A cache of its own, because the one of this client moves on.
        const { view: first } = startWith(initialState).cache
        initial = { ...first, getConnection: () => start.connection }
      }
      return initial
    },
    subscribe: (target, listener) =>
      subscribe(
        typeof target === 'function'
          ? watch(target, listener)
          : { topics: new Set([topicOf(target)]), onChange: listener },
      ),
    dehydrate: () => ({ parts: cache.parts(), isReady: connection.isReady }),
    retry() {
      if (!isConnected) return
      if (transport.retry) return transport.retry(sink)
      disconnect?.()
      connect()
    },
    attach(further) {
      if (isConnected) further.connect(sink)
    },
    close() {
      isClosed = true
      clearTimeout(lingering)
      if (isConnected) stop()
      batch.cancel()
      publish()
    },
  }
  return client
}

function startWith(state: DehydratedState | undefined): { cache: EntityCache; connection: ConnectionState } {
  const cache = createEntityCache()
  let dropped = 0
  for (const part of state?.parts ?? []) if (!cache.receive(part, cache.past)) dropped += 1
  cache.publish()
  const isReady = state?.isReady === true
  return {
    cache,
    connection: { status: 'idle', error: undefined, lastSyncedAt: undefined, isReady, dropped },
  }
}
