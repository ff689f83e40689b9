import { CruxError } from '../errors/index.ts'
import { maxKeyLength, quoted } from './key-syntax.ts'

const scopePattern = /^(?:[A-Za-z0-9_.~-]{1,128}:)*$/

/**
 * Checks a scope: `''` (everything) or `segment:` pieces such as `session:42:`, each of 1 to 128 characters out of
 * `A-Z a-z 0-9 _ . ~ -`, together at most 512 (ENT-3). Gives it back. Anything else is `invalid-id`.
 */
export function parseScope(scope: string): string {
  if (typeof scope === 'string' && scope.length <= maxKeyLength && scopePattern.test(scope)) return scope
  throw new CruxError(
    'invalid-id',
    `${quoted(scope)} is no scope: a scope is made of pieces like "session:", ` +
      'each 1 to 128 characters out of A-Z a-z 0-9 _ . ~ - and a colon, at most 512 together.',
  )
}

/** True if `key` lies inside `scope`; a scope ends with a colon, so no scope is a text prefix of its neighbour. */
export function isInScope(scope: string, key: string): boolean {
  return key.startsWith(scope)
}
