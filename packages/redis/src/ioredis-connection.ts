import type { OpenConnection, RedisConnection } from './redis-connection.ts'

/** What the store uses of a `Redis` or `Cluster` of `ioredis`. */
export interface Ioredis {
  readonly status: string
  readonly call: (command: string, args: readonly string[]) => Promise<unknown>
  readonly subscribe: (channel: string) => Promise<unknown>
  readonly connect: () => Promise<unknown>
  readonly disconnect: () => void
  readonly on: (event: string, listener: (...values: unknown[]) => void) => unknown
}

/** A `Redis` of `ioredis`. */
export interface IoredisSingle extends Ioredis {
  readonly duplicate: (options: object) => Ioredis
}

/** A `Cluster` of `ioredis`. */
export interface IoredisCluster extends Ioredis {
  readonly options: { readonly redisOptions?: object }
  readonly nodes: () => readonly { readonly status: string }[]
  readonly duplicate: (startupNodes: readonly never[], options: object) => IoredisCluster
}

/**
 * Without these, ioredis sends a command again that was perhaps executed, or long after its caller was told that it
 * failed (STO-34). The store puts a key prefix in front itself, because channels do not get one.
 */
const settings = {
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  enableAutoPipelining: false,
  enableOfflineQueue: false,
  keyPrefix: '',
  lazyConnect: true,
  maxRetriesPerRequest: 0,
}

/** Opens connections like that one of a `Redis`. */
export function openIoredis(client: IoredisSingle): OpenConnection {
  return (events) => {
    const own = client.duplicate(settings)
    return follow(own, () => own.status === 'ready', events)
  }
}

/** Opens connections like those of a `Cluster`. */
export function openIoredisCluster(client: IoredisCluster): OpenConnection {
  return (events) => {
    const { enableOfflineQueue: _, ...nodeSettings } = settings
    const own = client.duplicate([], {
      ...settings,
      clusterNodeRetryStrategy: null,
      redisOptions: { ...client.options.redisOptions, ...nodeSettings },
      retryDelayOnFailover: 0,
      scaleReads: 'master',
    })
    return follow(own, () => own.status === 'ready' && own.nodes().some(isUsable), events)
  }
}

/** A node that waits connects with its first command. */
function isUsable({ status }: { readonly status: string }): boolean {
  return status === 'ready' || status === 'wait'
}

function follow(
  client: Ioredis,
  isReady: () => boolean,
  { onReady, onError, onEnd }: Parameters<OpenConnection>[0],
): RedisConnection {
  client.on('ready', onReady)
  client.on('error', onError)
  client.on('end', onEnd)
  // Told by the events.
  client.connect().catch(() => {})
  return {
    isReady,
    send: (_key, command, args) => client.call(command, args),
    subscribe: (channel, { onSubscribed, onMessage }) => {
      client.on('message', (_channel, message) => onMessage(String(message)))
      // A user who may not subscribe is left with polling.
      const subscribe = () => void client.subscribe(channel).then(onSubscribed, () => {})
      if (isReady()) subscribe()
      client.on('ready', subscribe)
    },
    close: () => client.disconnect(),
  }
}
