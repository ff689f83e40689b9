import type { CruxStore } from '@crux/core'
import { cruxRedisStore } from '@crux/redis'
import { clients } from './clients.ts'

/** Where a process finds its data. */
export interface RedisPlace {
  readonly port: number
  readonly keyPrefix: string
  readonly library: keyof typeof clients
}

/** A store on that data, for this process. */
export function openStore({ port, keyPrefix, library }: RedisPlace): CruxStore {
  return cruxRedisStore({ client: clients[library](port), keyPrefix })
}
