import { ConstraintViolationError, type ConstraintEntry } from '../errors.ts'
import {
  checkConstraints,
  type Constraint,
  type ConstraintAnswer,
  type ConstraintContext,
} from '../safety/constraint.ts'

/** What the constraints of a call found, for `_meta.constraints`. */
export interface ConstraintsMeta {
  /** Whether the answer that is returned was looked at and passes all of them. */
  readonly allPassed: boolean
  /** True if it is returned although a `suggest` fails. */
  readonly suggestFallback: boolean
  /** Every look at every constraint, in order. */
  readonly entries: readonly ConstraintEntry[]
}

/**
 * Looks at an answer, and notes what was found. `toCorrect` is what the model is to be told, empty if the answer is
 * accepted. Rejects with `ConstraintViolationError` when a failing assert has no retry left, or no step is left, and
 * with what a check throws.
 */
export type ConstraintJudge = (
  answer: ConstraintAnswer,
  context: ConstraintContext,
  isStepLeft: boolean,
) => Promise<{ readonly found: readonly ConstraintEntry[]; readonly toCorrect: readonly ConstraintEntry[] }>

/** The judge of one call or one tier of a cascade (AI-35). `audit` collects the entries of all tiers. */
export function createConstraintJudge({
  caller,
  constraints,
  maxRetries = Infinity,
  audit,
}: {
  readonly caller: string
  readonly constraints: readonly Constraint[]
  /** Most corrective turns for all together. */
  readonly maxRetries?: number | undefined
  readonly audit: ConstraintEntry[]
}): ConstraintJudge {
  const retriesOf = new Map<string, number>()
  let retries = 0

  return async (answer, context, isStepLeft) => {
    const found = await checkConstraints(constraints, answer, context)
    audit.push(...found)
    const toCorrect = found.filter(({ pass }) => !pass)
    // Two contexts may each bring one of the same name.
    const asserts = new Set(toCorrect.filter(({ severity }) => severity === 'assert').map(({ name }) => name))
    if (asserts.size === 0) return { found, toCorrect: [] }
    const isLeft = ({ name, maxRetries: own }: Constraint) =>
      !asserts.has(name) || (retriesOf.get(name) ?? 0) < own
    if (!isStepLeft || retries >= maxRetries || !constraints.every(isLeft)) {
      const failed = [...asserts]
      const names = failed.map((name) => `"${name}"`).join(', ')
      throw new ConstraintViolationError(
        `${caller}(): the answer still does not meet ${names} (attempt ${context.attempt})`,
        { failed, audit: [...audit], totalAttempts: context.attempt, lastOutput: answer.text },
      )
    }
    retries += 1
    for (const name of asserts) retriesOf.set(name, (retriesOf.get(name) ?? 0) + 1)
    return { found, toCorrect }
  }
}

/** What is told of the constraints at the end of a call. `last` are the entries of the answer that is returned. */
export function constraintsMeta(
  entries: readonly ConstraintEntry[],
  last: readonly ConstraintEntry[],
): ConstraintsMeta {
  return {
    allPassed: last.every(({ pass }) => pass),
    suggestFallback: last.some(({ pass, severity }) => !pass && severity === 'suggest'),
    entries,
  }
}
