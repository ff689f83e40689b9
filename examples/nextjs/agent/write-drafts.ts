import { mergeChunks, structuredFromPartials, type Chunk } from '@crux/core/structured'
import { type LanguageModel, Output, streamText } from 'ai'
import { conversation } from './conversation.ts'
import { type DraftKind, drafts } from './drafts.ts'

export interface DraftsRequest {
  readonly topic: string
  readonly kinds: readonly DraftKind[]
  /** Lets the scripted model break off in the middle of the list. Real ones find a time of their own. */
  readonly breaks: boolean
}

/** One call of the model for each draft, all at once. A draft that fails says so, and the others go on. */
export function writeDrafts(
  { topic, kinds, breaks }: DraftsRequest,
  model: LanguageModel,
  signal: AbortSignal,
): AsyncIterable<Chunk> {
  const sources = kinds.map((kind) => {
    const { schema, fields, instructions } = drafts[kind]
    const result = streamText({
      ...conversation({ part: 'draft', kind, breaks }, topic),
      model,
      instructions,
      prompt: topic,
      output: Output.object({ schema }),
      abortSignal: signal,
    })
    return structuredFromPartials(result.partialOutputStream, {
      streamId: kind,
      dataType: kind,
      output: result.output,
      fields,
      onError: console.error,
    })
  })
  return mergeChunks(sources)
}
