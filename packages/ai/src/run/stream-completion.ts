import type { CallModel } from '../models/call-model.ts'
import { generateMeta } from './generate-meta.ts'
import type { StreamedRun } from './judge-stream.ts'
import type { PreparedCall } from './prepare-call.ts'
import { resultFields, withObject } from './result-fields.ts'
import type { CostOf } from './result-meta.ts'
import type { StreamMeta, TextStreamResult } from './result-types.ts'
import type { StreamPace } from './stream-pump.ts'

/** What `completion` of a stream resolves to (AI-25, AI-26). Without a model, none was called. */
export function streamCompletion(
  caller: string,
  {
    call,
    costOf,
    streamed: { run, steps, audit },
    callModel,
    pace = { ttftMs: undefined, totalChunks: 0 },
  }: {
    readonly call: PreparedCall
    readonly costOf: CostOf
    readonly streamed: StreamedRun
    readonly callModel?: CallModel
    readonly pace?: StreamPace
  },
): StreamMeta {
  const { composition, router, guards } = call
  const attempts = callModel === undefined ? 0 : 1
  const speed = steps.at(-1)?.performance?.outputTokensPerSecond
  const meta = generateMeta({
    run,
    tally: { steps: [...steps], attempts, resumed: [] },
    costOf,
    models: callModel ? [callModel] : [],
    guards,
    audit: composition.constraints.length > 0 ? audit : undefined,
    router,
  })
  const completion = {
    ...meta,
    ...resultFields(run),
    streaming: {
      ...(pace.ttftMs !== undefined && { ttftMs: pace.ttftMs }),
      // The SDK says 0 where it does not know (AI-26).
      ...(speed !== undefined && speed > 0 && Number.isFinite(speed) && { tokensPerSecond: speed }),
      totalChunks: pace.totalChunks,
    },
  }
  return composition.outputSchema === undefined ? completion : withObject(caller, completion, run)
}

/** A call that came back suspended: nothing is streamed. */
export function suspendedStream({ composition }: PreparedCall, completion: StreamMeta): TextStreamResult {
  const nothing = { [Symbol.asyncIterator]: async function* () {} }
  return {
    textStream: nothing,
    ...(composition.outputSchema !== undefined && { partialObjectStream: nothing }),
    completion: Promise.resolve(completion),
  }
}
