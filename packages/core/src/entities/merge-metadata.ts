import { isSameJson } from '../json/is-same-json.ts'
import type { JsonObject } from '../json/json-value.ts'

/**
 * Metadata after a patch, one level deep: `null` removes a key, anything else replaces it (PLAN-3). Gives the same
 * object when nothing changes.
 */
export function mergeMetadata(
  metadata: JsonObject | undefined,
  patch: JsonObject | undefined,
): JsonObject | undefined {
  if (patch === undefined) return metadata
  const merged = new Map(Object.entries(metadata ?? {}))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else if (value !== undefined) merged.set(key, value)
  }
  const next = Object.fromEntries(merged)
  return isSameJson(next, metadata ?? {}) ? metadata : next
}
