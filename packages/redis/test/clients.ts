import type { RedisClient } from '@crux/redis'
import { Cluster, Redis } from 'ioredis'
import { Cluster as ClusterV5, Redis as RedisV5 } from 'ioredis-v5'
import { createClient, createCluster } from 'redis'
import { createClient as createClientV5, createCluster as createClusterV5 } from 'redis-v5'
import { host } from './private-redis.ts'

/** Makes a client that is not connected, so that nobody has to close it. */
export type MakeClient = (port: number) => RedisClient

const url = (port: number) => `redis://${host}:${port}`

/** The client libraries, by name and major version. */
export const clients = {
  'redis 6': (port) => createClient({ url: url(port) }),
  'redis 5': (port) => createClientV5({ url: url(port) }),
  'ioredis 6': (port) => new Redis({ host, port, lazyConnect: true }),
  'ioredis 5': (port) => new RedisV5({ host, port, lazyConnect: true }),
} satisfies Record<string, MakeClient>

/** Their cluster clients. */
export const clusterClients = {
  'redis 6': (port) => createCluster({ rootNodes: [{ url: url(port) }] }),
  'redis 5': (port) => createClusterV5({ rootNodes: [{ url: url(port) }] }),
  'ioredis 6': (port) => new Cluster([{ host, port }], { lazyConnect: true }),
  'ioredis 5': (port) => new ClusterV5([{ host, port }], { lazyConnect: true }),
} satisfies Record<string, MakeClient>
