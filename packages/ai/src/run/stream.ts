import type { LanguageModel, ModelMessage } from 'ai'
import { settledOutput } from '../gateway/settled-output.ts'
import { misuse } from '../misuse.ts'
import { createCallModel } from '../models/call-model.ts'
import { isCascade } from '../models/cascade.ts'
import { asPrompt } from '../prompt/prompt.ts'
import { createCallHistory, rememberHistory, type CallHistory } from '../settle/settled-messages.ts'
import { checkCallOptions, stepLimit, type AIGenerateOptions } from './call-options.ts'
import { startDeadline, type Deadline } from './deadline.ts'
import { judgeStream } from './judge-stream.ts'
import { prepareCall, type PreparedCall, type Runtime } from './prepare-call.ts'
import type { CostOf } from './result-meta.ts'
import { suspendedRun } from './result-fields.ts'
import type { StreamReturn, TextStreamResult } from './result-types.ts'
import { sdkArguments } from './sdk-arguments.ts'
import { streamCompletion, suspendedStream } from './stream-completion.ts'
import { createStreamPump } from './stream-pump.ts'

const caller = 'stream'

/** `stream` of an instance. What it promises is said at `CruxAi`. */
export function runStream<Output = never>(
  runtime: Runtime,
  given: unknown,
  options: AIGenerateOptions,
): Promise<StreamReturn<Output>>
export async function runStream(
  runtime: Runtime,
  given: unknown,
  options: AIGenerateOptions,
): Promise<TextStreamResult> {
  const startedAt = performance.now()
  const prompt = asPrompt(caller, given)
  checkCallOptions(caller, options)
  const deadline = startDeadline(caller, options)
  let history: CallHistory | undefined
  const onFailure = (error: unknown) => rememberHistory(error, history?.endedBy(error))

  async function begin(): Promise<TextStreamResult> {
    const call = await prepareCall(caller, prompt, options, runtime)
    const { target } = call
    if (isCascade(target)) throw misuse(caller, 'cascade() needs full results; use generate()')
    const resumed = await call.tools.resume(call.messages, deadline.signal)
    const costOf = options.cost ?? runtime.cost
    if (resumed.kind === 'suspended') {
      deadline.clear()
      const streamed = { run: suspendedRun(resumed), steps: [], audit: [] }
      return suspendedStream(call, streamCompletion(caller, { call, costOf, streamed }))
    }
    history = createCallHistory({ ...call.tools, isResumed: resumed.kind === 'resumed' })
    const { messages } = resumed
    history.begin(messages)
    // The race has lost by then: nothing may start behind it.
    deadline.signal?.throwIfAborted()
    const parts = { call, target, history, messages }
    return startStream({ runtime, options, deadline, startedAt, costOf, onFailure, ...parts })
  }

  try {
    return await deadline.race(begin())
  } catch (error) {
    deadline.clear()
    onFailure(error)
    throw error
  }
}

interface Running {
  readonly runtime: Runtime
  readonly options: AIGenerateOptions
  readonly call: PreparedCall
  readonly target: LanguageModel
  readonly history: CallHistory
  readonly messages: readonly ModelMessage[]
  readonly deadline: Deadline
  readonly startedAt: number
  readonly costOf: CostOf
  readonly onFailure: (error: unknown) => void
}

function startStream(running: Running): TextStreamResult {
  const { runtime, options, call, history, messages, deadline } = running
  const { composition, guards, tools } = call
  const { outputSchema } = composition
  const callModel = createCallModel(running.target, { guards })
  const { model, wrap } = callModel
  const output = outputSchema && settledOutput(outputSchema)
  const { signal } = deadline
  let isPumped = false
  // Who reads only `raw` leaves nobody else to stop the clock.
  const stopClock = () => {
    if (!isPumped) deadline.clear()
  }

  const raw = runtime.gateway.streamText({
    ...sdkArguments({
      composition,
      options,
      model,
      wrap,
      messages,
      tools,
      stepsLeft: stepLimit(options),
      output,
      history,
      signal,
    }),
    // Without it the SDK prints errors to the console (AI-79).
    onError: stopClock,
    onEnd: stopClock,
  })
  const pump = createStreamPump({
    raw,
    hasPartials: output !== undefined,
    deadline,
    startedAt: running.startedAt,
    onStart: () => {
      isPumped = true
    },
    onFailure: running.onFailure,
    complete: async (pace) => {
      const streamed = await judgeStream({ caller, call, options, raw, output, messages, history })
      return streamCompletion(caller, { call, costOf: running.costOf, streamed, callModel, pace })
    },
  })
  return {
    textStream: pump.text,
    ...(output !== undefined && { partialObjectStream: pump.partials }),
    get completion() {
      return pump.completion()
    },
    raw,
  }
}
