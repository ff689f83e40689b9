/** A text of the system text: the prompt's own, or that of a context. */
export interface Part {
  /** `prompt "x"`, `context "a"`. */
  readonly source: string
  readonly text: string
  /** Of a context, 0 to 100; the prompt's own texts have none and always stay. */
  readonly priority: number | undefined
}

/** What of a system text stays within its budget (AI-17). */
export interface Fitted {
  readonly kept: readonly Part[]
  /** In the order in which they went. */
  readonly dropped: readonly Part[]
  readonly overBudget: boolean
}

/** The default count: about four characters a token. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** The texts as one, a blank line between two (AI-14). */
export function joinParts(parts: readonly Part[]): string {
  return parts.map(({ text }) => text).join('\n\n')
}

/**
 * Leaves out contexts until the text fits: what has less priority first, of equals the later one. The prompt's own
 * texts stay even where they alone are too long (AI-17).
 */
export function fitBudget(
  parts: readonly Part[],
  budget: number | undefined,
  countTokens: (text: string) => number,
): Fitted {
  const dropped: Part[] = []
  let kept = parts
  while (budget !== undefined && countTokens(joinParts(kept)) > budget) {
    const next = leastOf(kept)
    if (next === undefined) return { kept, dropped, overBudget: true }
    dropped.push(next)
    kept = kept.filter((part) => part !== next)
  }
  return { kept, dropped, overBudget: false }
}

function leastOf(parts: readonly Part[]): Part | undefined {
  let least: Part | undefined
  for (const part of parts) {
    if (part.priority === undefined) continue
    if (least?.priority === undefined || part.priority <= least.priority) least = part
  }
  return least
}
