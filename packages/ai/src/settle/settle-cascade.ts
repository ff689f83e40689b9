import type { LanguageModel, ModelMessage } from 'ai'
import {
  CascadeExhaustedError,
  ConstraintViolationError,
  ValidationExhaustedError,
  type CascadeTierReport,
} from '../errors.ts'
import { misuse } from '../misuse.ts'
import { isCascade, type Cascade, type CascadeTier } from '../models/cascade.ts'
import { isLanguageModel, modelIdOf } from '../models/language-model.ts'
import { isModelSource, route, type RouterMeta } from '../models/router.ts'
import { totalCost, type CostOf } from '../run/result-meta.ts'
import type { SettledRun, Tally } from './settle.ts'

/** What a cascade did, for `_meta.cascade`. */
export interface CascadeMeta {
  readonly tiersAttempted: number
  readonly totalTiers: number
  /** From 0; `undefined` if the budget ended the cascade before a tier was accepted. */
  readonly acceptedAtTier: number | undefined
  readonly budgetExceeded: boolean
  readonly tiers: readonly CascadeTierReport[]
}

interface CascadeOptions {
  readonly caller: string
  readonly input: unknown
  readonly messages: readonly ModelMessage[]
  readonly runTier: (model: LanguageModel, messages: readonly ModelMessage[]) => Promise<SettledRun>
  readonly tally: Tally
  readonly costOf: CostOf
}

/** What became of one tier: its result, or why it has none. */
type Attempt = { readonly run: SettledRun } | { readonly error: Error }

/**
 * Runs tier after tier until one is accepted, the budget is used up or none is left (AI-44). A tier whose schema
 * retries or constraints run out counts as rejected; any other error ends the cascade.
 */
export async function settleCascade(
  { tiers, budget: { maxCost = Infinity, maxLatencyMs = Infinity } }: Cascade,
  { caller, input, messages, runTier, tally, costOf }: CascadeOptions,
): Promise<{
  readonly run: SettledRun
  readonly meta: CascadeMeta
  readonly router?: RouterMeta | undefined
}> {
  const reports: CascadeTierReport[] = []
  const started = performance.now()
  let last: SettledRun | undefined
  let failure: Error | undefined
  let router: RouterMeta | undefined
  let isOverBudget = false

  const meta = (acceptedAtTier: number | undefined): CascadeMeta => ({
    tiersAttempted: reports.length,
    totalTiers: tiers.length,
    acceptedAtTier,
    budgetExceeded: isOverBudget,
    tiers: [...reports, ...tiers.slice(reports.length).map(skipped)],
  })

  for (const [tierIndex, { model: source, evaluate }] of tiers.entries()) {
    if (tierIndex > 0 && performance.now() - started > maxLatencyMs) isOverBudget = true
    if (isOverBudget) break
    if (!isModelSource(source)) throw misuse(caller, `tier ${tierIndex} of the cascade has no model`)
    const { target: model, meta: routed } = await route(source, input)
    if (isCascade(model))
      throw misuse(caller, `tier ${tierIndex} of the cascade leads to a cascade(); keep one`)
    const tierStarted = performance.now()
    const stepsBefore = tally.steps.length
    const attempt = await tryTier(() => runTier(model, [...messages, ...tally.resumed]))
    const cost = totalCost(tally.steps.slice(stepsBefore), costOf)
    const spent = totalCost(tally.steps, costOf)
    const report = (status: 'accepted' | 'rejected') =>
      reports.push({
        model: modelIdOf(model),
        status,
        durationMs: performance.now() - tierStarted,
        ...(cost !== undefined && { cost }),
      })
    if ('run' in attempt) {
      last = attempt.run
      router = routed
      failure = undefined
      const facts = { model, cost, tierIndex, totalCost: spent }
      const isAccepted =
        last.unjudged !== undefined || evaluate === undefined || (await evaluate(tierResult(last), facts))
      report(isAccepted ? 'accepted' : 'rejected')
      if (isAccepted) return { run: last, meta: meta(tierIndex), router }
    } else {
      failure = attempt.error
      report('rejected')
    }
    isOverBudget = (spent ?? 0) > maxCost
    if (isOverBudget) break
  }

  if (isOverBudget && last !== undefined) return { run: last, meta: meta(undefined), router }
  throw failure ?? new CascadeExhaustedError({ tiers: reports, lastResult: last && tierResult(last) })
}

async function tryTier(runTier: () => Promise<SettledRun>): Promise<Attempt> {
  try {
    return { run: await runTier() }
  } catch (error) {
    if (error instanceof ValidationExhaustedError || error instanceof ConstraintViolationError)
      return { error }
    throw error
  }
}

function skipped({ model }: CascadeTier): CascadeTierReport {
  return { model: isLanguageModel(model) ? modelIdOf(model) : 'router', status: 'skipped' }
}

function tierResult({ text, object, finishReason, messages }: SettledRun) {
  return { text, finishReason, messages, ...(object !== undefined && { object: object.value }) }
}
