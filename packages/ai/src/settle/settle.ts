import type { FinishReason, ModelMessage, ToolSet } from 'ai'
import type { PendingApproval } from '@crux/core/tool-middleware'
import type { ConstraintEntry } from '../errors.ts'
import type { GenerateTextResult } from '../gateway/sdk-gateway.ts'
import type { Step } from '../run/result-meta.ts'
import { correctiveTurn } from './correction.ts'
import type { ConstraintJudge } from './judge-constraints.ts'
import type { SchemaJudge } from './judge-schema.ts'
import type { CallHistory } from './settled-messages.ts'
import { withUnexecutedCalls } from './unexecuted-calls.ts'

/** What all attempts of a call have come to, over all tiers of a cascade. */
export interface Tally {
  readonly steps: Step[]
  /** SDK calls that answered. */
  attempts: number
  /** What tools approved and resumed in this call gave: every tier of a cascade begins behind it. */
  resumed: readonly ModelMessage[]
}

/** A result that is given to the caller, or to the next judge. */
export interface SettledRun {
  /** What was sent and every new turn: can be sent back as it is. */
  readonly messages: readonly ModelMessage[]
  readonly text: string
  readonly finishReason: FinishReason | 'tool_approval_required'
  /** Only with an output schema, and where it was judged. */
  readonly object?: { readonly value: unknown }
  /** Why it was not judged (AI-36). */
  readonly unjudged?: 'suspended' | 'tool-calls'
  readonly pendingApprovals: readonly PendingApproval[]
  /** What the constraints found in this very answer. */
  readonly constraints: readonly ConstraintEntry[]
  readonly raw?: GenerateTextResult
}

/** What a call is settled with: where it starts, how an attempt is made, and who judges its answer (AI-8). */
export interface SettleOptions {
  readonly messages: readonly ModelMessage[]
  readonly tools: ToolSet
  /** Steps that all attempts share; `Infinity` where conditions of the caller's own stop the loop. */
  readonly maxSteps: number
  /** Asks the SDK once. */
  readonly attempt: (messages: readonly ModelMessage[], stepsLeft: number) => Promise<GenerateTextResult>
  readonly pending: (responseMessages: readonly ModelMessage[]) => Promise<readonly PendingApproval[]>
  /** Only with an output schema. */
  readonly schemaJudge: SchemaJudge | undefined
  readonly constraintJudge: ConstraintJudge
  readonly promptId: string | undefined
  readonly history: CallHistory
  readonly tally: Tally
  readonly signal: AbortSignal | undefined
}

/**
 * The one loop over attempts (AI-8): run, judge, then accept, correct or throw.
 *
 *     attempt -> suspended or ended in tool calls? -> returned unjudged
 *             -> schema -> constraints -> accepted
 *                  |            |
 *                  +-- one corrective turn behind the history so far --> attempt
 */
export async function settle(options: SettleOptions): Promise<SettledRun> {
  const { tally, history, signal, promptId } = options
  let messages = options.messages
  let stepsLeft = options.maxSteps

  for (;;) {
    signal?.throwIfAborted()
    history.begin(messages)
    const raw = await options.attempt(messages, stepsLeft)
    // A model may answer in spite of the abort; nothing is made of that.
    signal?.throwIfAborted()
    const answered = withUnexecutedCalls(raw.responseMessages, raw.finishReason, options.tools)
    if (tally.attempts === 0) tally.resumed = leadingToolTurns(answered)
    tally.attempts += 1
    tally.steps.push(...raw.steps)
    stepsLeft -= raw.steps.length
    messages = [...messages, ...answered]
    history.reached(answered)

    const { text } = raw
    const run = { messages, text, raw, finishReason: raw.finishReason, pendingApprovals: [], constraints: [] }
    const pendingApprovals = await options.pending(answered)
    if (pendingApprovals.length > 0) {
      return { ...run, pendingApprovals, unjudged: 'suspended', finishReason: 'tool_approval_required' }
    }
    if (endsInToolCalls(raw.steps.at(-1))) return { ...run, unjudged: 'tool-calls' }

    const answer = await options.schemaJudge?.(raw, stepsLeft > 0)
    if (answer?.ok === false) {
      messages = [...messages, correctiveTurn({ issues: answer.issues })]
      continue
    }

    const { found, toCorrect } = await options.constraintJudge(
      { text, parsed: answer?.value },
      { promptId, modelId: raw.response.modelId, attempt: tally.attempts },
      stepsLeft > 0,
    )
    if (toCorrect.length > 0) {
      messages = [...messages, correctiveTurn({ constraints: toCorrect })]
      continue
    }
    return { ...run, constraints: found, ...(answer !== undefined && { object: { value: answer.value } }) }
  }
}

/** True where the application or a later call has to answer tool calls first (AI-36). */
export function endsInToolCalls(step: Step | undefined): boolean {
  if (step === undefined) return false
  return (
    step.finishReason === 'tool-calls' || step.toolCalls.some(({ providerExecuted }) => !providerExecuted)
  )
}

function leadingToolTurns(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const first = messages.findIndex(({ role }) => role !== 'tool')
  return first < 0 ? messages : messages.slice(0, first)
}
