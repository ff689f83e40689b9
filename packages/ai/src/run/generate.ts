import type { LanguageModel, ModelMessage } from 'ai'
import type { ConstraintEntry } from '../errors.ts'
import { settledOutput } from '../gateway/settled-output.ts'
import { createCallModel, type CallModel } from '../models/call-model.ts'
import { isCascade } from '../models/cascade.ts'
import { createConstraintJudge } from '../settle/judge-constraints.ts'
import { createSchemaJudge } from '../settle/judge-schema.ts'
import { settleCascade } from '../settle/settle-cascade.ts'
import { settle, type SettledRun, type Tally } from '../settle/settle.ts'
import { createCallHistory, rememberHistory, type CallHistory } from '../settle/settled-messages.ts'
import { asPrompt } from '../prompt/prompt.ts'
import { checkCallOptions, stepLimit, type AIGenerateOptions } from './call-options.ts'
import { startDeadline } from './deadline.ts'
import { generateMeta, type MetaParts } from './generate-meta.ts'
import { prepareCall, type PreparedCall, type Runtime } from './prepare-call.ts'
import { resultFields, suspendedRun, withObject } from './result-fields.ts'
import type { GenerateReturn } from './result-types.ts'
import { sdkArguments } from './sdk-arguments.ts'

const caller = 'generate'

/** `generate` of an instance. What it promises is said at `CruxAi`. */
export function runGenerate<Output = never>(
  runtime: Runtime,
  given: unknown,
  options: AIGenerateOptions,
): Promise<GenerateReturn<Output>>
export async function runGenerate(
  runtime: Runtime,
  given: unknown,
  options: AIGenerateOptions,
): Promise<GenerateReturn> {
  const prompt = asPrompt(caller, given)
  checkCallOptions(caller, options)
  const deadline = startDeadline(caller, options)
  let history: CallHistory | undefined

  async function work(): Promise<GenerateReturn> {
    const call = await prepareCall(caller, prompt, options, runtime)
    const resumed = await call.tools.resume(call.messages, deadline.signal)
    const tally: Tally = { steps: [], attempts: 0, resumed: [] }
    if (resumed.kind === 'suspended') {
      return finish(call, { run: suspendedRun(resumed), tally, models: [], costOf: runtime.cost })
    }
    history = createCallHistory({ ...call.tools, isResumed: resumed.kind === 'resumed' })
    const { messages } = resumed
    history.begin(messages)
    return settleAll({ runtime, options, call, tally, history, messages, signal: deadline.signal })
  }

  try {
    return await deadline.race(work())
  } catch (error) {
    rememberHistory(error, history?.endedBy(error))
    throw error
  } finally {
    deadline.clear()
  }
}

interface Running {
  readonly runtime: Runtime
  readonly options: AIGenerateOptions
  readonly call: PreparedCall
  readonly tally: Tally
  readonly history: CallHistory
  readonly messages: readonly ModelMessage[]
  readonly signal: AbortSignal | undefined
}

async function settleAll({
  runtime,
  options,
  call,
  tally,
  history,
  messages,
  signal,
}: Running): Promise<GenerateReturn> {
  const { composition, guards, tools, target } = call
  const { promptId, outputSchema, constraints } = composition
  const models: CallModel[] = []
  const audit: ConstraintEntry[] = []
  const output = outputSchema && settledOutput(outputSchema)

  /** One model, or one tier of a cascade. */
  function runModel(source: LanguageModel, from: readonly ModelMessage[]): Promise<SettledRun> {
    const callModel = createCallModel(source, { guards })
    const { model, wrap, moveOn } = callModel
    models.push(callModel)
    return settle({
      promptId,
      history,
      tally,
      signal,
      messages: from,
      tools: tools.tools,
      pending: tools.pending,
      maxSteps: stepLimit(options),
      attempt: (sent, stepsLeft) =>
        runtime.gateway.generateText(
          sdkArguments({
            composition,
            options,
            model,
            wrap,
            messages: sent,
            tools,
            stepsLeft,
            output,
            history,
            signal,
          }),
        ),
      schemaJudge:
        output && createSchemaJudge({ caller, promptId, output, retry: options.validationRetry, moveOn }),
      constraintJudge: createConstraintJudge({
        caller,
        constraints,
        maxRetries: options.constraintMaxRetries,
        audit,
      }),
    })
  }

  const costOf = options.cost ?? runtime.cost
  const parts = { tally, models, costOf, audit: constraints.length > 0 ? audit : undefined }
  if (!isCascade(target)) return finish(call, { ...parts, run: await runModel(target, messages) })
  const { input } = composition
  const { run, meta, router } = await settleCascade(target, {
    caller,
    input,
    messages,
    runTier: runModel,
    tally,
    costOf,
  })
  return finish(call, { ...parts, run, cascade: meta, router: call.router ?? router })
}

function finish(call: PreparedCall, parts: Omit<MetaParts, 'guards'>): GenerateReturn {
  const { run, tally } = parts
  const result = {
    ...resultFields(run),
    steps: tally.steps,
    ...(run.raw && { raw: run.raw }),
    _meta: generateMeta({ router: call.router, ...parts, guards: call.guards }),
  }
  return call.composition.outputSchema === undefined ? result : withObject(caller, result, run)
}
