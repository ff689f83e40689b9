import { ValidationExhaustedError } from '../errors.ts'
import type { SettledOutput } from '../gateway/settled-output.ts'
import type { ValidationRetry } from '../run/call-options.ts'
import { dottedPath, type SchemaIssue } from '../schema-issues.ts'
import { printedPath } from './printed-path.ts'
import { readAnswer, type Answered, type ReadAnswer } from './read-answer.ts'

/**
 * Looks at an answer. Resolves to its value, or to the issues that the model is to be told. Rejects with
 * `ValidationExhaustedError` when no retry, or no step, is left and no other model takes over; `onRetry` and
 * `onExhausted` have run by then.
 */
export type SchemaJudge = (answered: Answered, isStepLeft: boolean) => Promise<ReadAnswer>

/**
 * The judge of one call or one tier of a cascade (AI-34). `moveOn` gives the turn to the next member of a fallback, with
 * fresh retries (AI-42).
 */
export function createSchemaJudge({
  caller,
  promptId,
  output,
  retry,
  moveOn,
}: {
  readonly caller: string
  readonly promptId: string | undefined
  readonly output: SettledOutput
  readonly retry: ValidationRetry | undefined
  readonly moveOn: (error: unknown) => boolean
}): SchemaJudge {
  const maxRetries = retry === undefined ? 0 : (retry.maxRetries ?? 3)
  let retries = 0
  let answers = 0
  let allowed = maxRetries + 1

  return async (answered, isStepLeft) => {
    const answer = await readAnswer(output, answered)
    answers += 1
    if (answer.ok) return answer
    const issues = answer.issues.map(({ path, message }) => ({ path: dottedPath(path), message }))
    const where = await summary(answer.issues, output)
    const told = new Error(`The answer does not match the output schema: ${where}`)
    Object.defineProperty(told, 'issues', { value: issues })
    if (retries < maxRetries && isStepLeft) {
      retries += 1
      await retry?.onRetry?.(retries, told)
      return answer
    }
    const name = promptId === undefined ? '' : ` for prompt "${promptId}"`
    const counted = `${answers} ${answers === 1 ? 'answer' : 'answers'}`
    const exhausted = new ValidationExhaustedError(
      `${caller}(): no valid answer${name} after ${counted}: ${where}`,
      { attempts: answers, maxAttempts: allowed, promptId, issues, lastRawOutput: answer.text },
    )
    if (isStepLeft && moveOn(exhausted)) {
      retries = 0
      allowed += maxRetries + 1
      return answer
    }
    await retry?.onExhausted?.(answers, told)
    throw exhausted
  }
}

/** Counts and places, never what a schema library says: that may quote the answer. */
async function summary(issues: readonly SchemaIssue[], output: SettledOutput): Promise<string> {
  const format = await output.responseFormat
  const schema = format?.type === 'json' ? format.schema : undefined
  const paths = issues.slice(0, 20).map(({ path }) => printedPath(path, schema))
  return `${issues.length} ${issues.length === 1 ? 'issue' : 'issues'} at ${[...new Set(paths)].join(', ')}`
}
