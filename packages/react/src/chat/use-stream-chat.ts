import { CruxError } from '@crux/core/errors'
import type { InterruptChunk } from '@crux/core/structured'
import { useEffect, useInsertionEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { createChatStore, type ChatCall } from './chat-store.ts'
import type { ChatView } from './chat-view.ts'
import type { ChatAnswer, ChatHandlers, ChatSetup, ChatTransport } from './chat-types.ts'
import { createRouteChatTransport, type RouteChatTransportOptions } from './route-chat-transport.ts'

/** What `useStreamChat` may be told; exactly one of `endpoint` and `transport`. */
export interface StreamChatOptions
  extends ChatSetup, ChatHandlers, Omit<RouteChatTransportOptions, 'endpoint'> {
  readonly endpoint?: string | URL
  readonly transport?: ChatTransport
  /** Goes with each request, as it is at the call. */
  readonly context?: unknown
}

/** What the hook gives; the functions never change. */
export interface StreamChat extends ChatView {
  /** `true` when the turn is over; `false` if the text is blank or a turn runs. */
  readonly send: (text: string) => Promise<boolean>
  /** Answers an open interrupt, as `send` resolves; `false` if it is not open or the answer does not fit. */
  readonly resume: (interrupt: InterruptChunk, answer: ChatAnswer) => Promise<boolean>
  /** Ends the turn; what has arrived stays. */
  readonly stop: () => void
  /** Forgets the conversation, in the storage too. */
  readonly clear: () => void
}

/**
 * A chat whose answers hold text, objects that are shown while they are written, and questions (STR-48 to STR-55).
 * Throws `invalid-value` unless exactly one of `endpoint` and `transport` is given.
 *
 * @example
 * const chat = useStreamChat({ endpoint: '/api/mail' })
 * const pieces = [...chat.messages.flatMap((message) => message.pieces), ...chat.streamContentPieces]
 */
export function useStreamChat(options: StreamChatOptions): StreamChat {
  const call = callOf(options)
  const [store] = useState(() => createChatStore(options, call))
  useInsertionEffect(() => store.setCall(call))
  useEffect(() => store.mount(), [store])
  // Before it is mounted nothing is read, so a server and a browser render the same at first.
  const view = useSyncExternalStore(store.subscribe, store.getView, store.getView)
  useEffect(() => store.afterRender(), [store, view])
  return useMemo(
    () => ({ ...view, send: store.send, resume: store.resume, stop: store.stop, clear: store.clear }),
    [view, store],
  )
}

function callOf(options: StreamChatOptions): ChatCall {
  const { context, onChunk, onFinish, onError } = options
  return {
    transport: transportOf(options),
    context,
    ...(onChunk && { onChunk }),
    ...(onFinish && { onFinish }),
    ...(onError && { onError }),
  }
}

function transportOf({ endpoint, transport, headers, fetch, createBody }: StreamChatOptions): ChatTransport {
  if (transport && endpoint === undefined) return transport
  if (!transport && endpoint !== undefined) {
    const how = { ...(headers && { headers }), ...(fetch && { fetch }), ...(createBody && { createBody }) }
    return createRouteChatTransport({ endpoint, ...how })
  }
  throw new CruxError('invalid-value', 'useStreamChat needs either "endpoint" or "transport", and not both.')
}
