import type { OutputIssue } from '../errors.ts'
import { sdk } from '../gateway/sdk-gateway.ts'
import { schemaIssues } from '../schema-issues.ts'

/** One thing that is wrong with an answer, and where. */
export interface AnswerIssue extends OutputIssue {
  /** The path as keys and indexes, for `printedPath`. */
  readonly segments: readonly PropertyKey[]
}

/** What the failed parse of an answer complains of, whatever schema library made the error. */
export function answerIssues(error: unknown): readonly AnswerIssue[] {
  const cause = error instanceof Error ? error.cause : undefined
  if (!sdk().TypeValidationError.isInstance(cause)) return [wholeAnswerIssue('Invalid JSON')]
  return schemaIssues(cause.cause).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
    segments: path,
  }))
}

/** An issue with the answer as a whole. */
export function wholeAnswerIssue(message: string): AnswerIssue {
  return { path: '', message, segments: [] }
}
