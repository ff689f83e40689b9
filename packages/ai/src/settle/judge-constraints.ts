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

/** Decides what becomes of answers that break a constraint, over one call or one tier of a cascade. */
export interface ConstraintJudge {
  /** Looks at an answer, and notes what was found. One entry a constraint. Rejects with what a check throws. */
  readonly look: (answer: ConstraintAnswer, context: ConstraintContext) => Promise<readonly ConstraintEntry[]>
  /**
   * The constraints to correct, none if the answer is accepted. Throws `ConstraintViolationError` when a failing assert
   * has no retry left, or no step is left.
   */
  readonly judge: (
    found: readonly ConstraintEntry[],
    text: string,
    isStepLeft: boolean,
  ) => readonly ConstraintEntry[]
}

/** Constraint retries of AI-35. `audit` collects the entries of all tiers. */
export function createConstraintJudge(options: {
  readonly caller: string
  readonly constraints: readonly Constraint[]
  /** Most corrective turns for all together. */
  readonly maxRetries?: number | undefined
  readonly audit: ConstraintEntry[]
}): ConstraintJudge {
  const { caller, constraints, maxRetries = Infinity, audit } = options
  const retriesOf = new Map<string, number>()
  let retries = 0

  async function look(answer: ConstraintAnswer, context: ConstraintContext) {
    const found = await checkConstraints(constraints, answer, context)
    audit.push(...found)
    return found
  }

  function judge(found: readonly ConstraintEntry[], text: string, isStepLeft: boolean) {
    const failing = found.filter(({ pass }) => !pass)
    // Two contexts may each bring one of the same name.
    const asserts = new Set(failing.filter(({ severity }) => severity === 'assert').map(({ name }) => name))
    if (asserts.size === 0) return []
    const isLeft = ({ name, maxRetries: own }: Constraint) =>
      !asserts.has(name) || (retriesOf.get(name) ?? 0) < own
    if (!isStepLeft || retries >= maxRetries || !constraints.every(isLeft)) {
      const totalAttempts = found[0]?.attempt ?? 0
      const failed = [...asserts]
      throw new ConstraintViolationError(
        `${caller}(): the answer still does not meet ${failed.map((name) => `"${name}"`).join(', ')} (attempt ${totalAttempts})`,
        { failed, audit: [...audit], totalAttempts, lastOutput: text },
      )
    }
    retries += 1
    for (const name of asserts) retriesOf.set(name, (retriesOf.get(name) ?? 0) + 1)
    return failing
  }

  return { look, judge }
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
