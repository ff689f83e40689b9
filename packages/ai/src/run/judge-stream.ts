import type { ModelMessage } from 'ai'
import type { ConstraintEntry } from '../errors.ts'
import type { StreamTextResult } from '../gateway/sdk-gateway.ts'
import type { SettledOutput } from '../gateway/settled-output.ts'
import { checkConstraints } from '../safety/constraint.ts'
import { createSchemaJudge } from '../settle/judge-schema.ts'
import type { CallHistory } from '../settle/settled-messages.ts'
import { endsInToolCalls, type SettledRun } from '../settle/settle.ts'
import { withUnexecutedCalls } from '../settle/unexecuted-calls.ts'
import type { CallOptions } from './call-options.ts'
import type { PreparedCall } from './prepare-call.ts'
import type { Step } from './result-meta.ts'

interface StreamedCall {
  readonly caller: string
  readonly call: PreparedCall
  readonly options: CallOptions
  readonly raw: Pick<StreamTextResult, 'steps' | 'responseMessages'>
  readonly output: SettledOutput | undefined
  readonly messages: readonly ModelMessage[]
  readonly history: CallHistory
}

/** What a stream that ended well has come to. */
export interface StreamedRun {
  readonly run: SettledRun
  readonly steps: readonly Step[]
  /** What the constraints found. */
  readonly audit: readonly ConstraintEntry[]
}

/**
 * Judges a stream at its end: what was shown cannot be asked for again, so the schema only accepts or fails, and
 * constraints only report (AI-29).
 */
export async function judgeStream(given: StreamedCall): Promise<StreamedRun> {
  const { caller, call, options, raw, output, history } = given
  const { promptId, constraints } = call.composition
  const [steps, responseMessages] = await Promise.all([raw.steps, raw.responseMessages])
  const last = steps.at(-1)
  const { text = '', finishReason = 'other' } = last ?? {}
  const answered = withUnexecutedCalls(responseMessages, finishReason, call.tools.tools)
  history.reached(answered)

  const messages = [...given.messages, ...answered]
  const run = { messages, text, finishReason, pendingApprovals: [], constraints: [] }
  const pendingApprovals = await call.tools.pending(answered)
  if (pendingApprovals.length > 0) {
    const suspended = {
      pendingApprovals,
      unjudged: 'suspended',
      finishReason: 'tool_approval_required',
    } as const
    return { run: { ...run, ...suspended }, steps, audit: [] }
  }
  if (last === undefined || endsInToolCalls(last))
    return { run: { ...run, unjudged: 'tool-calls' }, steps, audit: [] }

  const retry = { ...options.validationRetry, maxRetries: 0 }
  const judge = output && createSchemaJudge({ caller, promptId, output, retry, moveOn: () => false })
  const answer = await judge?.(last, false)
  const value = answer?.ok === true ? answer.value : undefined
  const context = { promptId, modelId: last.response.modelId, attempt: 1 }
  const found = await checkConstraints(constraints, { text, parsed: value }, context)
  return {
    run: { ...run, constraints: found, ...(answer !== undefined && { object: { value } }) },
    steps,
    audit: found,
  }
}
