import { CruxError } from '../errors/index.ts'
import { hasKeyForm, keyRule, quoted } from './key-syntax.ts'

/**
 * Checks a scope and gives it back: `''` (everything), or pieces such as `session:42:` (ENT-3, D6). Anything else is
 * `invalid-id`.
 */
export function parseScope(scope: string): string {
  if (hasKeyForm('scope', scope)) return scope
  throw new CruxError(
    'invalid-id',
    `${quoted(scope)} is no scope: expected "" or pieces like "session:", each with its colon, ${keyRule}.`,
  )
}

/** Throws `out-of-scope` unless `key` lies inside `scope` (D6). */
export function checkScope(scope: string, key: string): void {
  // A scope ends with a colon, so none is the beginning of its neighbour's name.
  if (key.startsWith(scope)) return
  throw new CruxError(
    'out-of-scope',
    `${quoted(key)} lies outside the scope ${quoted(scope)}: use a store whose scope contains it.`,
  )
}
