import { CruxError } from '../../errors/index.ts'
import { hasKeyForm, keyRule, quoted } from '../../ids/key-syntax.ts'

const maxPlanIdLength = 256

/** True for an id that a plan may have: scope segments and an id, at most 256 characters together (INJ-12). */
export function isPlanId(planId: unknown): planId is string {
  return hasKeyForm('key', planId) && planId.length <= maxPlanIdLength
}

/** Checks the id of a plan and gives it back. Throws `invalid-id` (INJ-12). */
export function parsePlanId(planId: unknown): string {
  if (isPlanId(planId)) return planId
  throw new CruxError(
    'invalid-id',
    `${quoted(planId)} is no id of a task plan: expected <id> or <scope><id>, ${keyRule}, and here at most ${maxPlanIdLength}.`,
  )
}
