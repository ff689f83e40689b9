import type { LanguageModelUsage, StepResult, ToolSet } from 'ai'

/** One model call of the tool loop, as the SDK reports it. */
export type Step = StepResult<ToolSet>

/** What a model call cost, in any one unit; `undefined` if unknown. */
export type CostOf = (step: Step) => number | undefined

/** Tokens of all steps together. A number that no step reported stays `undefined` (AI-23). */
export function totalUsage(steps: readonly Step[]): LanguageModelUsage {
  const sum = (read: (usage: LanguageModelUsage) => number | undefined) =>
    addKnown(steps.map(({ usage }) => read(usage)))
  return {
    inputTokens: sum(({ inputTokens }) => inputTokens),
    inputTokenDetails: {
      noCacheTokens: sum(({ inputTokenDetails }) => inputTokenDetails.noCacheTokens),
      cacheReadTokens: sum(({ inputTokenDetails }) => inputTokenDetails.cacheReadTokens),
      cacheWriteTokens: sum(({ inputTokenDetails }) => inputTokenDetails.cacheWriteTokens),
    },
    outputTokens: sum(({ outputTokens }) => outputTokens),
    outputTokenDetails: {
      textTokens: sum(({ outputTokenDetails }) => outputTokenDetails.textTokens),
      reasoningTokens: sum(({ outputTokenDetails }) => outputTokenDetails.reasoningTokens),
    },
    totalTokens: sum(({ totalTokens }) => totalTokens),
  }
}

/** Cost of all steps together; `undefined` if no step has a known one. What is no cost is ignored (AI-24). */
export function totalCost(steps: readonly Step[], costOf: CostOf): number | undefined {
  return addKnown(steps.map((step) => asCost(costOf(step))))
}

/** The cost a provider reports with a step: OpenRouter's, else that of the Vercel AI Gateway. */
export function reportedCost({ providerMetadata }: Step): number | undefined {
  const usage = providerMetadata?.['openrouter']?.['usage']
  const routed = typeof usage === 'object' && usage !== null && 'cost' in usage ? usage.cost : undefined
  const byGateway = providerMetadata?.['gateway']?.['cost']
  const numeric = typeof byGateway === 'string' && byGateway.trim() !== '' ? Number(byGateway) : byGateway
  return asCost(routed) ?? asCost(numeric)
}

function asCost(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function addKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, value) => sum + value, 0)
}
