import { CruxError } from '../errors/index.ts'
import { checkScope } from '../ids/index.ts'
import type { ListQuery } from './crux-store.ts'
import { shortHash } from './short-hash.ts'

const maxListLimit = 500

/**
 * The absolute prefix of `list` and `purge` (STO-0): relative to the scope without a colon, absolute with one.
 * Characters that no key has are `invalid-id`; a prefix that reaches beyond the scope is `out-of-scope`.
 */
export function resolvePrefix(scopePrefix: string, prefix: string): string {
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9_.~:/-]{0,512}$/.test(prefix)) {
    throw new CruxError(
      'invalid-id',
      `${JSON.stringify(prefix)} is no prefix of keys: keys have characters out of A-Z a-z 0-9 _ . ~ - : / only.`,
    )
  }
  if (!prefix.includes(':')) return scopePrefix + prefix
  checkScope(scopePrefix, prefix)
  return prefix
}

/** Checks `limit`: 1 to 500, otherwise `invalid-value`. */
export function checkLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxListLimit) return limit
  throw new CruxError(
    'invalid-value',
    `limit is ${limit}: expected a whole number from 1 to ${maxListLimit}.`,
  )
}

/** What `list` gives as `next`: the driver's own token behind a check sum, so that a driver never sees another. */
export function writePageToken(query: PageTokenQuery, next: string): string {
  return `${shortHash(sealed(query, next))}.${next}`
}

/** The driver's token out of `after`; `invalid-value` if it was not made for the same prefix and entity. */
export function readPageToken(query: PageTokenQuery, after: string): string {
  const next = typeof after === 'string' ? after.slice(after.indexOf('.') + 1) : ''
  if (after === writePageToken(query, next)) return next
  throw new CruxError(
    'invalid-value',
    `after is ${JSON.stringify(after)}: give the next of a page of the same prefix and entity, unchanged.`,
  )
}

type PageTokenQuery = { readonly prefix: string } & Pick<ListQuery, 'entity'>

function sealed({ prefix, entity }: PageTokenQuery, next: string): string {
  return `${prefix}\n${entity ?? ''}\n${next}`
}
