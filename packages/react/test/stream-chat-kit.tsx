import type { Chunk, StreamEnd } from '@crux/core/structured'
import { useStreamChat, type ChatRequest, type StreamChatOptions } from '@crux/react/chat'
import { act, renderHook } from '@testing-library/react'
import { StrictMode } from 'react'

export const text = (delta: string): Chunk => ({ type: 'text-delta', delta })
export const set = (streamId: string, value: string): Chunk => ({
  type: 'structured-data',
  streamId,
  dataType: 't',
  kind: 'set',
  path: 'a',
  value,
})
export const interrupt = {
  type: 'interrupt',
  requestId: 'r',
  resumeToken: 'tok',
  input: { kind: 'text' },
} as const
export const done: Chunk = { type: 'done' }

interface Turn {
  readonly request: ChatRequest & { readonly signal: AbortSignal }
  readonly push: (...chunks: Chunk[]) => void
  readonly fail: (error: Error) => void
  readonly end: (how?: StreamEnd) => void
}

/** A transport whose turns the test writes. */
export function manual() {
  const turns: Turn[] = []
  const transport = {
    stream: (request: Turn['request']) => {
      let controller: ReadableStreamDefaultController<Chunk> | undefined
      let said: StreamEnd | undefined
      const stream = new ReadableStream<Chunk>({
        start: (given) => {
          controller = given
        },
      })
      turns.push({
        request,
        push: (...chunks) => {
          for (const chunk of chunks) controller?.enqueue(chunk)
        },
        fail: (error) => controller?.error(error),
        end: (how) => {
          said = how
          controller?.close()
        },
      })
      const reader = stream.getReader()
      return (async function* () {
        for (;;) {
          const { done: isOver, value } = await reader.read()
          if (isOver) return said
          yield value
        }
      })()
    },
  }
  return { transport, turns }
}

const nextFrame = () => new Promise((resolve) => void requestAnimationFrame(resolve))

/** Lets what is under way arrive, and be rendered with the frame after it. */
export const settle = () =>
  act(async () => {
    for (let frame = 0; frame < 3; frame++) await nextFrame()
  })

/** A chat, what it showed at each render, and the answers of `send`. */
export async function render(options: Partial<StreamChatOptions> = {}, { isStrict = false } = {}) {
  const { transport, turns } = manual()
  let ids = 0
  const views: { pieces: number; messages: number }[] = []
  const rendered = renderHook(
    (props: Partial<StreamChatOptions>) => {
      const chat = useStreamChat({
        createId: () => `id-${ids++}`,
        ...options,
        ...props,
        ...(!options.endpoint && { transport }),
      })
      views.push({ pieces: chat.streamContentPieces.length, messages: chat.messages.length })
      return chat
    },
    { initialProps: {}, ...(isStrict && { wrapper: StrictMode }) },
  )
  const now = () => rendered.result.current
  const first = rendered.result.current
  await settle()
  const sent: Promise<boolean>[] = []
  const send = async (words: string) => {
    await act(async () => void sent.push(now().send(words)))
    await settle()
  }
  /** Sends, and waits until the turn is over, for those that end by themselves. */
  const sendAll = async (words: string) => {
    await act(async () => void (await now().send(words)))
    await settle()
  }
  const push = async (...chunks: Chunk[]) => {
    turns.at(-1)?.push(...chunks)
    await settle()
  }
  return { ...rendered, now, first, turns, send, sendAll, push, sent, views }
}
