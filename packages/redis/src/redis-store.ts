import { createCruxStore, type DurableCruxStore, type StoreOptions } from '@crux/core'
import type { RedisClient } from './redis-client.ts'
import { createRedisDriver } from './redis-driver.ts'

/** Which Redis, and where in it. */
export interface RedisStoreOptions extends StoreOptions {
  /**
   * A client of `redis` or `ioredis`, also for a cluster. The store takes its settings and opens two connections of its
   * own with them; the client itself is not used and need not be connected.
   */
  readonly client: RedisClient
  /**
   * What the keys begin with, in braces: `{crux}:meta`. Stores with the same one share their data. Default
   * `crux`. A key prefix that the client has comes before it; both have no braces and at most 200 characters together.
   */
  readonly keyPrefix?: string
}

/**
 * A store in Redis 6.2 or newer, or Valkey, for several processes. What a commit survives is up to the server's own
 * persistence: see the README. It connects with the first call. While there is no connection, calls wait for it, up to
 * 0.4 × `timeoutMs`, and then are `store-unavailable` with `outcome: 'none'` (STO-34).
 *
 * Throws `invalid-value` for a client of another kind and for an option out of range.
 *
 * @example
 * const store = cruxRedisStore({ client: createClient({ url: process.env.REDIS_URL }) })
 * configureCrux({ store })
 */
export function cruxRedisStore({
  client,
  keyPrefix = 'crux',
  ...options
}: RedisStoreOptions): DurableCruxStore {
  const { timeoutMs = 5_000 } = options
  return createCruxStore(createRedisDriver({ client, keyPrefix, timeoutMs }), options)
}
