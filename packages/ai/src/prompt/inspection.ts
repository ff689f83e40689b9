import type { Composition } from './compose-prompt.ts'
import { joinParts, type Part } from './fit-budget.ts'

/** A text, where it comes from and what it costs. The prompt's own texts have priority `null`: they always stay. */
export interface InspectedPart {
  readonly source: string
  readonly text: string
  readonly tokens: number
  readonly priority: number | null
}

/** What a model would be told, what is left out, and why (AI-20). */
export interface PromptInspection {
  readonly system: {
    /** As the provider gets it; `''` without. */
    readonly total: string
    readonly parts: readonly InspectedPart[]
    readonly totalTokens: number
  }
  /** The text of the turns. */
  readonly prompt?: { readonly text: string; readonly tokens: number }
  readonly totalTokens: number
  /** Contexts whose text the `tokenBudget` has no room for, in the order in which they went. */
  readonly droppedContexts: readonly InspectedPart[]
  /** Contexts that a condition, or an empty text, leaves out. */
  readonly excludedContexts: readonly {
    readonly source: string
    readonly reason: 'when' | 'match' | 'empty'
  }[]
  readonly tools: readonly string[]
  /** True where the prompt's own text alone is longer than the budget. */
  readonly overBudget: boolean
}

/** The same composition that a call sends, told to a person. */
export function inspection(composition: Composition): PromptInspection {
  const { countTokens, messages, excluded, overBudget } = composition
  const inspect = ({ source, text, priority }: Part): InspectedPart => ({
    source,
    text,
    tokens: countTokens(text),
    priority: priority ?? null,
  })
  const total = joinParts(composition.parts)
  const totalTokens = countTokens(total)
  const text = messages.flatMap(({ content }) => textsOf(content)).join('\n\n')
  const tokens = countTokens(text)
  return {
    system: { total, parts: composition.parts.map(inspect), totalTokens },
    ...(text !== '' && { prompt: { text, tokens } }),
    totalTokens: totalTokens + (text === '' ? 0 : tokens),
    droppedContexts: composition.dropped.map(inspect),
    excludedContexts: excluded,
    tools: Object.keys(composition.tools),
    overBudget,
  }
}

function textsOf(content: Composition['messages'][number]['content']): readonly string[] {
  if (typeof content === 'string') return [content]
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
}
