import type { CruxDataChunk } from '@crux/core'

/** Decides where parts may stand among the chunks of a message. What it gives is to be written at once, in order. */
export interface PartPlacement<C> {
  /** A chunk of the application, with what belongs before and after it. */
  readonly pass: (chunk: C) => readonly (C | CruxDataChunk)[]
  /** Takes parts in; of two with the same id the later counts. */
  readonly add: (parts: readonly CruxDataChunk[]) => void
  /** What may be written now of what waits. */
  readonly due: () => readonly (C | CruxDataChunk)[]
  /** All that waits, because nothing more will come. */
  readonly rest: () => readonly (C | CruxDataChunk)[]
}

/** What kind of parts, and who opens the message. */
export interface PartPlacementOptions<C> {
  /** The parts stay in the message. */
  readonly persist: boolean
  /** A bare `start`, written first if nothing else is going to open the message. */
  readonly start?: C | undefined
}

/**
 * The rules of LIVE-33. A transient part may stand anywhere. One that stays in the message and is new to it needs content
 * of the model in its step: some releases make an empty assistant message of a part that stands alone.
 *
 *     start  start-step  text-start …  finish-step  start-step  tool-input-start …  finish
 *     ───── waits ─────────────────▲─ may stand ──────────────▲─ waits ──────────▲─ may ─▲ at the latest
 *
 * `reset-step` takes out of the message what its step brought first, so those parts wait to be written again.
 */
export function createPartPlacement<C extends { readonly type: string }>({
  persist,
  start,
}: PartPlacementOptions<C>): PartPlacement<C> {
  const waiting = new Map<string, CruxDataChunk>()
  /** Ids that the message holds. */
  const held = new Set<string>()
  /** Of those, what the current step brought, with the newest part. */
  const heldByStep = new Map<string, CruxDataChunk>()
  let hasContent = false
  let opening: 'missing' | 'ours' | 'theirs' = 'missing'

  function take(isLast: boolean): CruxDataChunk[] {
    const taken: CruxDataChunk[] = []
    for (const [id, part] of waiting) {
      const isNew = persist && !held.has(id)
      if (isNew && !hasContent && !isLast) continue
      waiting.delete(id)
      taken.push(part)
      if (isNew) held.add(id)
      if (isNew || heldByStep.has(id)) heldByStep.set(id, part)
    }
    return taken
  }

  function opened(chunks: readonly (C | CruxDataChunk)[]): readonly (C | CruxDataChunk)[] {
    if (start === undefined || opening !== 'missing' || chunks.length === 0) return chunks
    opening = 'ours'
    return [start, ...chunks]
  }

  function resetStep(): void {
    for (const [id, part] of heldByStep) {
      held.delete(id)
      if (!waiting.has(id)) waiting.set(id, part)
    }
  }

  return {
    pass(chunk) {
      const { type } = chunk
      if (type === 'start') {
        if (opening === 'ours' && saysNothing(chunk)) return []
        opening = 'theirs'
      }
      const before = isEnd(type) ? take(true) : []
      if (type === 'start-step') heldByStep.clear()
      else if (type === 'reset-step') resetStep()
      hasContent = isContent(type) || (hasContent && type !== 'start-step' && type !== 'reset-step')
      return opened([...before, chunk, ...take(false)])
    },
    add(parts) {
      for (const part of parts) {
        // Deleted first, so that it is in its place among the changes of other entities.
        waiting.delete(part.id)
        waiting.set(part.id, part)
      }
    },
    due: () => opened(take(false)),
    rest: () => opened(take(true)),
  }
}

/** A `start` that adds nothing to one that stands before it. */
function saysNothing(chunk: { readonly type: string }): boolean {
  return Object.entries(chunk).every(([name, value]) => name === 'type' || value == null)
}

/** After these a client or a message takes nothing more. */
function isEnd(type: string): boolean {
  return type === 'finish' || type === 'abort' || type === 'error'
}

/** What a model is shown of a message. */
function isContent(type: string): boolean {
  return type.startsWith('tool-input-') || contentTypes.has(type)
}

const contentTypes: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'text-start',
  'reasoning-start',
  'file',
  'reasoning-file',
  'custom',
])
