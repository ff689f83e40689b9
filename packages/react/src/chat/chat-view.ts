import type { InterruptChunk, StreamError } from '@crux/core/structured'
import type { StructuredItem } from '../structured/structured-store.ts'
import type { ChatMessage, ContentPiece } from './chat-types.ts'
import { openInterrupts } from './open-interrupts.ts'

/** How a chat stands. */
export type ChatStatus = 'loading' | 'ready' | 'submitted' | 'streaming' | 'awaiting-input' | 'error'

/** What was rendered last. */
export interface ChatView {
  readonly messages: readonly ChatMessage[]
  /** The answer that is being received. */
  readonly streamContentPieces: readonly ContentPiece[]
  readonly status: ChatStatus
  /** Why the last turn failed; cleared by the next one. */
  readonly error: StreamError | null
  /** What the user is asked; `null` while a turn runs. */
  readonly pendingInterrupt: InterruptChunk | null
  /** All objects of the conversation, one for each stream and turn; by stream id the newest. */
  readonly structured: {
    readonly items: readonly StructuredItem[]
    readonly byStreamId: Readonly<Record<string, StructuredItem>>
    readonly get: (streamId: string) => StructuredItem | undefined
  }
  /** `null` until the component has mounted, unless it was given. */
  readonly sessionId: string | null
  /** Why the conversation could not be read or kept. */
  readonly storageError: Error | null
}

/** What a chat is, from which its view follows. */
export interface ChatState extends Pick<ChatView, 'messages' | 'error' | 'sessionId' | 'storageError'> {
  /** Of the turn that runs, as far as they can be seen. */
  readonly pieces: readonly ContentPiece[]
  readonly isLoading: boolean
  /** From the call that asks for a turn on, before the turn begins. */
  readonly isBusy: boolean
  /** How far the turn is that runs. */
  readonly turn: 'submitted' | 'streaming' | undefined
}

/** Makes what derives views from the state as it is; an object that did not change stays the same in them. */
export function createChatViews(getState: () => ChatState): () => ChatView {
  const itemOfPiece = new WeakMap<ContentPiece, StructuredItem>()

  function structuredItems({ messages, pieces }: ChatState): StructuredItem[] {
    return [...messages.flatMap((message) => message.pieces), ...pieces].flatMap((piece) => {
      if (piece.type !== 'structured') return []
      const { id, state } = piece
      const item = itemOfPiece.get(piece) ?? { id, streamId: state.streamId, state }
      itemOfPiece.set(piece, item)
      return [item]
    })
  }

  // Ahead of the view in which it is.
  function get(streamId: string): StructuredItem | undefined {
    return structuredItems(getState()).findLast((item) => item.streamId === streamId)
  }

  return () => {
    const state = getState()
    const { messages, pieces, error, sessionId, storageError } = state
    const items = structuredItems(state)
    const byStreamId: Record<string, StructuredItem> = Object.create(null)
    for (const item of items) byStreamId[item.streamId] = item
    const pendingInterrupt = state.isBusy ? null : (openInterrupts(messages).at(-1)?.interrupt ?? null)
    return {
      messages,
      streamContentPieces: pieces,
      status: statusOf(state, pendingInterrupt),
      error,
      pendingInterrupt,
      structured: { items, byStreamId, get },
      sessionId,
      storageError,
    }
  }
}

function statusOf(
  { turn, isLoading, error }: ChatState,
  pendingInterrupt: InterruptChunk | null,
): ChatStatus {
  if (turn) return turn
  if (isLoading) return 'loading'
  if (error) return 'error'
  return pendingInterrupt ? 'awaiting-input' : 'ready'
}
