import type { CruxDataParts, CruxStore } from '@crux/core'
import { createCruxStreamWriter, createCruxUIMessageStream } from '@crux/server'
import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import * as ai5First from 'ai-v5-first'
import * as ai6 from 'ai-v6'
import * as ai6First from 'ai-v6-first'
import * as ai7First from 'ai-v7-first'

declare const store: CruxStore
declare const text: ai7.StreamTextResult<never, never, never>

/** Messages with our parts, with any parts, and with parts that leave ours out. */
type Ours<M extends { parts: unknown }> = M
type Parts = CruxDataParts & { other: { n: number } }

// LIVE-33 The writers of every major fit, for plain messages and for messages with our parts.
ai5.createUIMessageStream({ execute: ({ writer }) => void createCruxStreamWriter(writer, store) })
ai5.createUIMessageStream<Ours<ai5.UIMessage<unknown, Parts>>>({
  execute: ({ writer }) => void createCruxStreamWriter(writer, store),
})
ai5First.createUIMessageStream({ execute: ({ writer }) => void createCruxStreamWriter(writer, store) })
ai5First.createUIMessageStream<Ours<ai5First.UIMessage<unknown, Parts>>>({
  execute: ({ writer }) => void createCruxStreamWriter(writer, store),
})
ai6.createUIMessageStream({ execute: ({ writer }) => void createCruxStreamWriter(writer, store) })
ai6.createUIMessageStream<Ours<ai6.UIMessage<unknown, Parts>>>({
  execute: ({ writer }) => void createCruxStreamWriter(writer, store),
})
ai6First.createUIMessageStream({ execute: ({ writer }) => void createCruxStreamWriter(writer, store) })
ai7First.createUIMessageStream({ execute: ({ writer }) => void createCruxStreamWriter(writer, store) })
ai7.createUIMessageStream<Ours<ai7.UIMessage<unknown, Parts>>>({
  execute: ({ writer }) => {
    const cruxWriter = createCruxStreamWriter(writer, store, { persist: true })
    cruxWriter.write({ type: 'data-other', data: { n: 1 } })
    cruxWriter.merge(text.toUIMessageStream())
  },
})

// SDK-8 A message type that has no place for our parts is refused.
ai7.createUIMessageStream<ai7.UIMessage<unknown, { other: { n: number } }>>({
  // @ts-expect-error -- there is no `crux` among its data parts
  execute: ({ writer }) => void createCruxStreamWriter(writer, store),
})
ai5.createUIMessageStream<ai5.UIMessage<unknown, { other: { n: number } }>>({
  // @ts-expect-error -- there is no `crux` among its data parts
  execute: ({ writer }) => void createCruxStreamWriter(writer, store),
})

// The stream fits the responses of every major, also with a chunk type.
const stream = createCruxUIMessageStream({
  store,
  execute: ({ writer }) => writer.merge(text.toUIMessageStream({ onError: writer.onError })),
})
ai5.createUIMessageStreamResponse({ stream })
ai5First.createUIMessageStreamResponse({ stream })
ai6.createUIMessageStreamResponse({ stream })
ai6First.createUIMessageStreamResponse({ stream })
ai7.createUIMessageStreamResponse({ stream })
ai7First.createUIMessageStreamResponse({ stream })

const typed = createCruxUIMessageStream<ai7.InferUIMessageChunk<ai7.UIMessage<unknown, Parts>>>({
  store,
  execute: ({ writer }) => {
    writer.write({ type: 'start', messageId: 'm1' })
    writer.merge(text.toUIMessageStream())
    // @ts-expect-error -- no chunk of that type
    writer.write({ type: 'nothing' })
  },
})
ai7.createUIMessageStreamResponse({ stream: typed })

// What `execute` gets fits where the SDK's own writer is asked for.
createCruxUIMessageStream({
  store,
  execute: ({ writer }) => {
    const sdkWriter: ai7.UIMessageStreamWriter = writer
    void sdkWriter
  },
})
