import type { LanguageModel, ModelMessage } from 'ai'
import type { LanguageModelV4 } from '../gateway/sdk-types.ts'
import { guardNewTurns, guardPrompt } from './guard-input.ts'
import { guardModel } from './guard-model.ts'
import { createGuardLog, type GuardEntry } from './guard-verdict.ts'
import type { Guardrail } from './guardrail.ts'

/** The guards of one `generate` or `stream` call. */
export interface GuardSession {
  /** The messages behind the input guards (AI-46). To be asked once, before the first model call. */
  readonly checkInput: (messages: readonly ModelMessage[]) => Promise<ModelMessage[]>
  readonly hasOutput: boolean
  /** The model behind the output guards (AI-47). All models of a session share one count of steps. */
  readonly wrap: (model: LanguageModel) => LanguageModelV4
  /** What the guards did so far, for `_meta.guardrails`. */
  readonly entries: () => readonly GuardEntry[]
}

interface SessionOptions {
  readonly promptId?: string | undefined
}

/** Begins to guard one call; `undefined` where there is no guard, so that nothing of this runs (AI-49). */
export function startGuards(
  guardrails: readonly Guardrail[],
  { promptId }: SessionOptions = {},
): GuardSession | undefined {
  if (guardrails.length === 0) return undefined
  const { inputs, outputs } = byPhase(guardrails)
  const { record, entries } = createGuardLog()
  let steps = 0
  return {
    checkInput: (messages) => guardNewTurns(messages, { guards: inputs, promptId, record }),
    hasOutput: outputs.length > 0,
    // Counted when the model has answered, so that a call the SDK sends again is not a step.
    wrap: (model) => guardModel(model, { guards: outputs, promptId, record, stepOf: () => steps++ }),
    entries,
  }
}

/**
 * A model for an agent, which knows no calls of ours: input guards run before every model call, on every user turn of
 * its prompt, output guards on every text block (AI-46, AI-74). The model comes back as it is where there is no guard.
 */
export function wrapForAgent(
  model: LanguageModel,
  guardrails: readonly Guardrail[],
  { promptId }: SessionOptions = {},
): LanguageModel {
  if (guardrails.length === 0) return model
  const { inputs, outputs } = byPhase(guardrails)
  const record = () => {}
  return guardModel(model, {
    guards: outputs,
    promptId,
    record,
    // A loop adds one assistant turn a step.
    stepOf: (prompt) =>
      prompt
        .slice(prompt.findLastIndex(({ role }) => role === 'user') + 1)
        .filter(({ role }) => role === 'assistant').length,
    checkPrompt: (prompt) => guardPrompt(prompt, { guards: inputs, promptId, record }),
  })
}

function byPhase(guardrails: readonly Guardrail[]) {
  return {
    inputs: guardrails.filter(({ phase }) => phase === 'input'),
    outputs: guardrails.filter(({ phase }) => phase === 'output'),
  }
}
