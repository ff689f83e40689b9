import type { FlexibleSchema } from 'ai'
import { ValidationExhaustedError } from '../errors.ts'
import { sdk } from '../gateway/sdk-gateway.ts'
import type { ValidationRetry } from '../run/call-options.ts'
import type { AnswerIssue } from './output-issues.ts'
import { printedPath, type JsonSchema } from './printed-path.ts'

/** An answer that does not match the schema. */
export interface BadAnswer {
  readonly issues: readonly AnswerIssue[]
  readonly text: string
}

/** Decides what becomes of answers that do not match, over one call or one tier of a cascade. */
export interface SchemaJudge {
  /**
   * Resolves if the model is to be corrected. Rejects with `ValidationExhaustedError` when no retry, or no step, is
   * left and no other model takes over; `onRetry` and `onExhausted` have run by then.
   */
  readonly judge: (bad: BadAnswer, isStepLeft: boolean) => Promise<void>
  /** An answer has been looked at. */
  readonly countAnswer: () => void
}

/** Schema retries of AI-34. `moveOn` gives the turn to the next member of a fallback, with fresh retries (AI-42). */
export function createSchemaJudge(options: {
  readonly caller: string
  readonly promptId: string | undefined
  readonly schema: FlexibleSchema
  readonly retry: ValidationRetry | undefined
  readonly moveOn: (error: unknown) => boolean
}): SchemaJudge {
  const { retry, moveOn } = options
  const maxRetries = retry === undefined ? 0 : (retry.maxRetries ?? 3)
  let retries = 0
  let answers = 0
  let allowed = maxRetries + 1
  const hiddenIssues = ({ issues }: BadAnswer) => issues.map(({ path, message }) => ({ path, message }))

  async function judge(bad: BadAnswer, isStepLeft: boolean): Promise<void> {
    const where = await summary(bad.issues, options.schema)
    const told = withIssues(
      new Error(`The answer does not match the output schema: ${where}`),
      hiddenIssues(bad),
    )
    if (retries < maxRetries && isStepLeft) {
      retries += 1
      await retry?.onRetry?.(retries, told)
      return
    }
    const name = options.promptId === undefined ? '' : ` for prompt "${options.promptId}"`
    const counted = `${answers} ${answers === 1 ? 'answer' : 'answers'}`
    const exhausted = new ValidationExhaustedError(
      `${options.caller}(): no valid answer${name} after ${counted}: ${where}`,
      {
        attempts: answers,
        maxAttempts: allowed,
        promptId: options.promptId,
        issues: hiddenIssues(bad),
        lastRawOutput: bad.text,
      },
    )
    if (isStepLeft && moveOn(exhausted)) {
      retries = 0
      allowed += maxRetries + 1
      return
    }
    await retry?.onExhausted?.(answers, told)
    throw exhausted
  }

  return { judge, countAnswer: () => void (answers += 1) }
}

/** Counts and places, never what a schema library says: that may quote the answer. */
async function summary(issues: readonly AnswerIssue[], schema: FlexibleSchema): Promise<string> {
  const json = await jsonSchemaOf(schema)
  const paths = issues.slice(0, 20).map(({ segments }) => printedPath(segments, json))
  return `${issues.length} ${issues.length === 1 ? 'issue' : 'issues'} at ${[...new Set(paths)].join(', ')}`
}

/** Not every schema can be written as JSON Schema. */
async function jsonSchemaOf(schema: FlexibleSchema): Promise<JsonSchema | undefined> {
  try {
    return await sdk().asSchema(schema).jsonSchema
  } catch {
    return undefined
  }
}

function withIssues(error: Error, issues: ValidationExhaustedError['issues']): Error {
  return Object.defineProperty(error, 'issues', { value: issues })
}
