import type { LanguageModel, ModelMessage } from 'ai'
import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'

/** What a tier's `evaluate` judges. */
export interface TierResult {
  /** Text of the last step, behind the output guards. */
  readonly text: string
  /** The validated object; only there with an output schema. */
  readonly object?: unknown
  readonly finishReason: string
  /** What was sent and every new turn. */
  readonly messages: readonly ModelMessage[]
}

/** What a tier's `evaluate` may weigh beside the result. Costs are in the unit of `cost`, `undefined` if unknown. */
export interface TierFacts {
  /** The model that ran; behind a router, the one chosen. */
  readonly model: LanguageModel
  /** Cost of this tier alone. */
  readonly cost: number | undefined
  /** From 0. */
  readonly tierIndex: number
  /** Cost of this tier and all before it. */
  readonly totalCost: number | undefined
}

/** What `router()` makes, by its shape: routers know cascades, so that cascades cannot know routers. */
interface RouterLike {
  readonly select: (key: never) => unknown
}

/** One model of a cascade, cheapest first, and what decides whether its result will do. */
export interface CascadeTier {
  /** A model, `fallback()` or `router()`; never another cascade. */
  readonly model: LanguageModel | RouterLike
  /** True accepts, false goes on to the next tier. Default: accepts. What it throws ends the call. */
  readonly evaluate?: ((result: TierResult, facts: TierFacts) => boolean | Promise<boolean>) | undefined
}

/** From where on a cascade asks no further tier. */
export interface CascadeBudget {
  /** Looked at after every tier, in the unit of `cost`. */
  readonly maxCost?: number | undefined
  /** Looked at before every later tier: milliseconds since the first one began. */
  readonly maxLatencyMs?: number | undefined
}

const brand: unique symbol = Symbol('crux.cascade')

/** Models to be asked one after another until a result is accepted. Made by `cascade()`, taken by `generate` only. */
export interface Cascade {
  readonly [brand]: true
  readonly tiers: readonly CascadeTier[]
  readonly budget: CascadeBudget
}

/**
 * Tries the first tier's model and goes on to the next while `evaluate` rejects (AI-44): the cheap model for most
 * questions, the dear one for the rest. A tier whose schema retries or constraints run out counts as rejected. Results
 * that suspend for an approval, or end in tool calls, are returned from any tier unjudged.
 *
 * Every tier starts from the messages of the call, with its own `maxSteps` and retries. **Tools run again in each
 * tier**; only results of tools that were approved and resumed in this call are carried over. Give tools that must not
 * run twice their own guard, or keep them out of cascades.
 *
 * Throws `CruxAIError` code `usage` on an empty or malformed list. `generate` rejects with `CascadeExhaustedError` when
 * every tier is rejected; an error of a provider ends the call as it is.
 *
 * @example
 * const model = cascade({
 *   tiers: [{ model: small, evaluate: ({ text }) => !text.includes('not sure') }, { model: large }],
 *   budget: { maxLatencyMs: 20_000 },
 * })
 */
export function cascade({
  tiers,
  budget = {},
}: {
  readonly tiers: readonly CascadeTier[]
  readonly budget?: CascadeBudget | undefined
}): Cascade {
  if (!Array.isArray(tiers)) throw misuse('cascade', `tiers must be a list, got ${shown(tiers)}`)
  if (tiers.length === 0) throw misuse('cascade', 'tiers must not be empty')
  for (const [index, tier] of tiers.entries()) checkTier(tier, index)
  for (const name of ['maxCost', 'maxLatencyMs'] as const) checkLimit(name, budget[name])
  return Object.freeze({
    [brand]: true as const,
    tiers: Object.freeze(tiers.map((tier) => Object.freeze({ ...tier }))),
    budget: Object.freeze({ ...budget }),
  })
}

/** True for what `cascade()` made. */
export function isCascade(value: unknown): value is Cascade {
  return isRecord(value) && brand in value
}

function checkTier(tier: unknown, index: number): void {
  const model = isRecord(tier) ? tier['model'] : undefined
  if (isCascade(model)) throw misuse('cascade', `model of tier ${index} is a cascade(); list its tiers here`)
  if (typeof model !== 'string' && !isRecord(model)) {
    throw misuse(
      'cascade',
      `model of tier ${index} must be a LanguageModel, fallback() or router(), got ${shown(model)}`,
    )
  }
}

function checkLimit(name: string, limit: unknown): void {
  if (limit === undefined || (typeof limit === 'number' && limit >= 0)) return
  throw misuse('cascade', `budget.${name} must be a number >= 0, got ${shown(limit)}`)
}
