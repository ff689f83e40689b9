import type { FinishReason, LanguageModelUsage } from 'ai'
import { isSettled, type SettledOutput } from '../gateway/settled-output.ts'
import type { Step } from '../run/result-meta.ts'
import { answerIssues, wholeAnswerIssue, type AnswerIssue } from './output-issues.ts'

/** An answer against the output schema. */
export type ReadAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly AnswerIssue[]; readonly text: string }

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
    ? [wholeAnswerIssue(`no answer, finish reason ${finishReason}`)]
    : answerIssues(settled.error)
  return { ok: false, issues, text: settled.text }
}

function parsedBySdk(answered: Answered): unknown {
  try {
    return answered.output
  } catch {
    return undefined
  }
}
