import type { FinishReason, LanguageModelUsage } from 'ai'
import { sdk } from '../gateway/sdk-gateway.ts'
import { isSettled, type SettledOutput } from '../gateway/settled-output.ts'
import type { Step } from '../run/result-meta.ts'
import { schemaIssues, type SchemaIssue } from '../schema-issues.ts'

/** An answer against the output schema. */
export type ReadAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[]; readonly text: string }

/** What the SDK made of a model's last turn. */
export interface Answered {
  readonly text: string
  readonly finishReason: FinishReason
  readonly usage: LanguageModelUsage
  readonly response: Step['response']
  /** What the SDK made of it; its getter throws where there is none (AI-81). */
  readonly output?: unknown
}

/** Reads the final answer of a run; an empty one says why it is empty (AI-34). */
export async function readAnswer(output: SettledOutput, answered: Answered): Promise<ReadAnswer> {
  const { text, response, usage, finishReason } = answered
  const parsed = parsedBySdk(answered)
  const settled = isSettled(parsed)
    ? parsed
    : await output.parseCompleteOutput({ text }, { response, usage, finishReason })
  if (settled.ok) return settled
  const isEmpty = settled.text.trim() === ''
  const issues = isEmpty
    ? [{ path: [], message: `no answer, finish reason ${finishReason}` }]
    : answerIssues(settled.error)
  return { ok: false, issues, text: settled.text }
}

/** What the failed parse of an answer complains of, whatever schema library made the error. */
export function answerIssues(error: unknown): readonly SchemaIssue[] {
  const cause = error instanceof Error ? error.cause : undefined
  if (!sdk().TypeValidationError.isInstance(cause)) return [{ path: [], message: 'Invalid JSON' }]
  return schemaIssues(cause.cause)
}

function parsedBySdk(answered: Answered): unknown {
  try {
    return answered.output
  } catch {
    return undefined
  }
}
