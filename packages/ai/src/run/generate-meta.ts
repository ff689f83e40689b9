import type { ConstraintEntry } from '../errors.ts'
import type { CallModel } from '../models/call-model.ts'
import { fallbackMeta } from '../models/fallback-plan.ts'
import type { RouterMeta } from '../models/router.ts'
import type { GuardSession } from '../safety/guard-session.ts'
import { constraintsMeta } from '../settle/judge-constraints.ts'
import type { CascadeMeta } from '../settle/settle-cascade.ts'
import type { SettledRun, Tally } from '../settle/settle.ts'
import { totalCost, totalUsage, type CostOf } from './result-meta.ts'
import type { GenerateMeta } from './result-types.ts'

/** What a call has come to, in parts. */
export interface MetaParts {
  readonly run: SettledRun
  readonly tally: Tally
  readonly costOf: CostOf
  /** All models that were prepared, one per tier. */
  readonly models: readonly CallModel[]
  readonly guards: GuardSession | undefined
  /** What the constraints found over the whole call; `undefined` without constraints. */
  readonly audit?: readonly ConstraintEntry[] | undefined
  readonly router?: RouterMeta | undefined
  readonly cascade?: CascadeMeta | undefined
}

/** `_meta` of a result (AI-23). */
export function generateMeta(parts: MetaParts): GenerateMeta {
  const { run, tally, guards, audit, router, cascade } = parts
  const cost = totalCost(tally.steps, parts.costOf)
  // Each tier of a cascade may have a fallback of its own.
  const fallback = fallbackMeta(parts.models.flatMap(({ attempts }) => attempts))
  // A cascade may give the result of an earlier tier. A stream has only its steps.
  const response = (run.raw ?? tally.steps.at(-1))?.response
  return {
    usage: totalUsage(tally.steps),
    ...(cost !== undefined && { cost }),
    finishReason: run.finishReason,
    ...(response && { responseId: response.id, modelId: response.modelId }),
    attempts: tally.attempts,
    ...(fallback && { fallback }),
    ...(router && { router }),
    ...(cascade && { cascade }),
    ...(audit && { constraints: constraintsMeta(audit, run.constraints) }),
    ...(guards && { guardrails: guards.entries() }),
  }
}
