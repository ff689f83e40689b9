import type {
  ConnectionState,
  CruxClient,
  CruxClientOptions,
  CruxClientView,
  DehydratedState,
} from './crux-client.ts'
import type { ConnectionStatus, TransportSink } from './crux-transport.ts'
import { createEntityCache, type EntrySource } from './entity-cache.ts'
import { createFrameBatch } from './frame-batch.ts'
import { createSubscriptions, type Subscriber } from './subscriptions.ts'
import { topic, topicOf, type Topic } from './topic.ts'

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
  const start = startWith(initialState, (read) => reads?.add(read))
  const { cache } = start
  const { deliveries } = cache
  const subscriptions = createSubscriptions()
  const batch = createFrameBatch(publish)

  let connection = start.connection
  /** `connection` as of the last publish. */
  let shown = connection
  let initial: CruxClientView | undefined
  /** What the selector under way has read. */
  let reads: Set<Topic> | undefined

  let subscribers = 0
  let isConnected = false
  let isClosed = false
  let disconnect: (() => void) | undefined
  let lingering: ReturnType<typeof setTimeout> | undefined

  function publish() {
    const topics = cache.publish()
    if (shown !== connection) topics.add(topic('connection'))
    shown = connection
    subscriptions.announce(topics)
  }

  function changed(when: 'now' | 'soon') {
    if (shown !== connection || cache.hasNews()) batch.request(when)
  }

  function setStatus(status: ConnectionStatus, given?: unknown) {
    const error = status === 'reconnecting' || status === 'failed' ? given : undefined
    if (status === connection.status && error === connection.error) return
    const lastSyncedAt = connection.status === 'live' ? Date.now() : connection.lastSyncedAt
    connection = { ...connection, status, error, lastSyncedAt }
    // Beside `live` stand the changes that led to it, and `ready`: they are shown together.
    changed(status === 'live' ? 'soon' : 'now')
  }

  const isWaiting = () => connection.status === 'connecting' || connection.status === 'reconnecting'

  function sinkOf(source: EntrySource): TransportSink {
    const isWhole = source === deliveries.whole
    return {
      reset() {
        if (isConnected) deliveries.reset(source)
      },
      apply(changes) {
        if (!isConnected) return
        for (const part of changes) {
          if (!cache.receive(part, source)) connection = { ...connection, dropped: connection.dropped + 1 }
        }
        // What belongs to a snapshot, or was missed while away, is shown when it is complete.
        const isPartial = isWaiting() || source.stale || deliveries.whole.stale
        changed(isPartial ? 'soon' : 'now')
      },
      ready() {
        if (!isConnected) return
        deliveries.ready(source)
        if (isWhole) {
          if (isWaiting()) connection = { ...connection, status: 'live', error: undefined }
          connection = { ...connection, isReady: true, lastSyncedAt: Date.now() }
        }
        changed(isWhole ? 'now' : 'soon')
      },
      status(status, error) {
        if (isConnected && isWhole) setStatus(status, error)
      },
      fork: () => sinkOf(deliveries.fork()),
    }
  }
  const sink = sinkOf(deliveries.whole)

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
    if (!isConnected) return
    isConnected = false
    disconnect?.()
    disconnect = undefined
    setStatus('idle')
  }

  /** A subscriber whose topics are what its selector read the last time. */
  function watch(selector: (client: CruxClientView) => unknown, listener: () => void): Subscriber {
    let value: unknown
    const subscriber: Subscriber = {
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
        subscriptions.listen(subscriber, own)
      }
    }
    try {
      run()
    } catch (error) {
      subscriptions.listen(subscriber, new Set())
      throw error
    }
    return subscriber
  }

  const client: CruxClient = {
    ...cache.view,
    getConnection() {
      reads?.add(topic('connection'))
      return shown
    },
    get initial() {
      // A cache of its own, because the one of this client moves on.
      initial ??= { ...startWith(initialState).cache.view, getConnection: () => start.connection }
      return initial
    },
    subscribe(target, listener) {
      let subscriber: Subscriber
      if (typeof target === 'function') {
        subscriber = watch(target, listener)
      } else {
        subscriber = { onChange: listener }
        subscriptions.listen(subscriber, new Set([topicOf(target)]))
      }
      subscribers += 1
      clearTimeout(lingering)
      if (!isConnected && !isClosed) connect()

      let isActive = true
      return () => {
        if (!isActive) return
        isActive = false
        subscriptions.listen(subscriber, new Set())
        subscribers -= 1
        if (subscribers === 0) lingering = setTimeout(stop, lingerMs)
      }
    },
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
      stop()
      batch.cancel()
      publish()
    },
  }
  return client
}

function startWith(state: DehydratedState | undefined, onRead?: (topic: Topic) => void) {
  const cache = createEntityCache(onRead)
  let dropped = 0
  for (const part of state?.parts ?? []) if (!cache.receive(part, cache.deliveries.past)) dropped += 1
  cache.publish()
  const connection: ConnectionState = {
    status: 'idle',
    error: undefined,
    lastSyncedAt: undefined,
    isReady: state?.isReady === true,
    dropped,
  }
  return { cache, connection }
}
