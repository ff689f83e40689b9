import { GuardrailBlockedError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { GuardContext, Guardrail, GuardResult } from './guardrail.ts'

/** What a guard did, for `_meta.guardrails`: one entry per guard, step and action. Never holds any text. */
export interface GuardEntry {
  readonly name: string
  readonly phase: 'input' | 'output'
  readonly action: 'warn' | 'block' | 'redact' | 'transform'
  readonly reason?: string
  /** Model call of the whole call, from 0. Outputs only. */
  readonly step?: number
}

/** Notes what guards did. */
export interface GuardLog {
  readonly record: (entry: GuardEntry) => void
  readonly entries: () => readonly GuardEntry[]
}

/** A log that keeps the first of several equal actions (AI-49). */
export function createGuardLog(): GuardLog {
  const entries = new Map<string, GuardEntry>()
  return {
    record: (entry) => {
      const key = JSON.stringify([entry.name, entry.phase, entry.step, entry.action])
      if (!entries.has(key)) entries.set(key, entry)
    },
    entries: () => [...entries.values()],
  }
}

const malformed = { action: 'block', reason: 'malformed guard result' } as const

/** What `validate` gave, whatever it is; what is no result blocks (AI-45). */
export function readResult(value: unknown): GuardResult {
  if (!isRecord(value)) return malformed
  const { action, reason, content } = value
  switch (action) {
    case 'pass':
      return { action }
    case 'warn':
    case 'block':
      return typeof reason === 'string' ? { action, reason } : malformed
    case 'redact':
    case 'transform':
      if (typeof content !== 'string' || (reason !== undefined && typeof reason !== 'string'))
        return malformed
      return { action, content, reason }
    default:
      return malformed
  }
}

/** What `onChunk` gave. Where `last` is true nothing follows, so that to hold is to block (AI-48). */
export function readChunkResult(value: unknown, last: boolean): GuardResult | { readonly action: 'hold' } {
  if (!isRecord(value) || value['action'] !== 'hold') return readResult(value)
  return last ? { action: 'block', reason: 'still held at the end' } : { action: 'hold' }
}

/**
 * Gives the text that goes on: as it was, or rewritten. Records what is not a pass, and throws
 * `GuardrailBlockedError` on a block.
 */
export function carryOut(
  result: GuardResult,
  text: string,
  {
    guard,
    context,
    record,
  }: {
    readonly guard: Pick<Guardrail, 'name' | 'phase'>
    readonly context: GuardContext
    readonly record: GuardLog['record']
  },
): string {
  if (result.action === 'pass') return text
  const { name, phase } = guard
  const { action, reason } = result
  record({
    name,
    phase,
    action,
    ...(reason !== undefined && { reason }),
    ...(phase === 'output' && { step: context.step }),
  })
  if (action === 'block') throw new GuardrailBlockedError({ phase, guardrail: name, reason })
  return action === 'warn' ? text : result.content
}
