import type { JsonObject } from '../json/json-value.ts'

/**
 * What an agent means to do, as a document. Times are milliseconds since the epoch.
 * `id` is the plan's key: scope and id, the same text in the store, on the wire and in the hooks (ENT-3).
 */
export interface Plan {
  readonly id: string
  readonly title: string
  readonly content: string
  /** 1 at creation; one more each time title or content really changed (PLAN-2). */
  readonly version: number
  readonly metadata?: JsonObject
  readonly createdAt: number
  readonly updatedAt: number
  readonly discardedAt?: number
  readonly discardReason?: string
}
