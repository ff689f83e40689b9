import { streamText } from 'ai'
import type { AgentRun } from './agent-run.ts'
import { conversation } from './conversation.ts'
import type { Cue } from './script.ts'

type Options = Pick<Parameters<typeof streamText>[0], 'instructions' | 'tools' | 'toolChoice' | 'stopWhen'>

/** One conversation with the model, tool calls included, to its end. Throws what the model or the network threw. */
export async function converse(
  { model, signal, topic }: AgentRun,
  {
    scene,
    prompt,
    stopWhen = [],
    ...options
  }: Options & { readonly prompt: string; readonly scene: Cue['scene'] },
): Promise<void> {
  let failure: unknown
  const common = conversation(scene, topic)
  const result = streamText({
    ...common,
    ...options,
    model,
    prompt,
    abortSignal: signal,
    stopWhen: [common.stopWhen, stopWhen].flat(),
    onError: ({ error }) => {
      failure ??= error
    },
  })
  await result.consumeStream()
  signal.throwIfAborted()
  if (failure !== undefined) throw new Error('The model failed.', { cause: failure })
}
