import { CruxError } from '@crux/core'
import {
  type IoredisCluster,
  type IoredisSingle,
  openIoredis,
  openIoredisCluster,
} from './ioredis-connection.ts'
import {
  type NodeRedis,
  type NodeRedisCluster,
  openNodeRedis,
  openNodeRedisCluster,
} from './node-redis-connection.ts'
import type { OpenConnection } from './redis-connection.ts'

/**
 * A client of `redis` (`createClient`, `createCluster`) or `ioredis` (`Redis`, `Cluster`), version 5 or newer. The
 * store only takes its settings from it.
 */
export interface RedisClient {
  readonly duplicate: (...options: never[]) => unknown
  readonly sendCommand: (...args: never[]) => unknown
  readonly subscribe: (...args: never[]) => unknown
}

/** What the store takes from a client: how to open connections like it, and what it puts before every key. */
export interface ClientSettings {
  readonly open: OpenConnection
  readonly keyPrefix: string
}

/** Tells the libraries apart by what their clients have; `invalid-value` for anything else. */
export function readClient(client: RedisClient): ClientSettings {
  if (typeof client === 'object' && client !== null && 'duplicate' in client) {
    const open = opener(client)
    if (open !== undefined) return { open, keyPrefix: keyPrefixOf(client) }
  }
  throw new CruxError(
    'invalid-value',
    'client is none that this store knows: give a client of redis (createClient, createCluster) or ioredis (Redis, Cluster).',
  )
}

/** Each cast follows a look at what only that kind of client has. */
function opener(client: RedisClient): OpenConnection | undefined {
  if ('status' in client && 'call' in client) {
    return 'isCluster' in client && client.isCluster === true
      ? openIoredisCluster(client as unknown as IoredisCluster)
      : openIoredis(client as unknown as IoredisSingle)
  }
  if ('nodeByAddress' in client) return openNodeRedisCluster(client as unknown as NodeRedisCluster)
  if ('isReady' in client && 'select' in client) return openNodeRedis(client as unknown as NodeRedis)
  return undefined
}

function keyPrefixOf(client: object): string {
  // The cluster client of redis keeps its options to itself.
  const options = 'options' in client ? client.options : undefined
  const prefix = ('_keyPrefix' in client ? client._keyPrefix : undefined) ?? readKeyPrefix(options)
  if (prefix instanceof Uint8Array) return new TextDecoder().decode(prefix)
  return typeof prefix === 'string' ? prefix : ''
}

function readKeyPrefix(options: unknown): unknown {
  return typeof options === 'object' && options !== null && 'keyPrefix' in options
    ? options.keyPrefix
    : undefined
}
