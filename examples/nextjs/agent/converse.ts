import type { AIStreamOptions, Prompt } from '@crux/ai'
import type { AgentRun, Question } from './agent-run.ts'
import { stream } from './ai.ts'
import { conversation } from './conversation.ts'
import type { Cue } from './script.ts'

interface Options extends Pick<AIStreamOptions, 'tools' | 'toolChoice' | 'stopWhen'> {
  readonly scene: Cue['scene']
  /** Where the requests of this conversation are shown. Without it none of its tools may need an approval. */
  readonly task?: Question['task']
}

/**
 * One conversation with the model, tool calls included, to its end. Where a tool needs an approval it waits for a
 * person. Throws what the model or the network threw.
 */
export async function converse(
  { model, signal, topic, desk }: AgentRun,
  prompt: Prompt,
  { scene, task, stopWhen = [], ...tools }: Options,
): Promise<void> {
  const { stopWhen: limit, providerOptions } = conversation(scene, topic)
  const options = {
    ...tools,
    model,
    providerOptions,
    stopWhen: [limit, stopWhen].flat(),
    abortSignal: signal,
    approval: { audience: desk?.audience },
  }
  let answer = await stream(prompt, options)
  for (;;) {
    const { messages, pendingApprovals } = await answer.completion
    if (pendingApprovals === undefined) return
    if (!desk || !task) throw new Error('A tool needs an approval, and there is nobody to ask.')
    answer = await desk.ask({
      task,
      messages,
      pendingApprovals,
      signal,
      resume: (answered) => stream(prompt, { ...options, messages: answered }),
    })
  }
}
