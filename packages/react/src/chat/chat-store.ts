import type { InterruptChunk, StreamError } from '@crux/core/structured'
import { createChatPublisher, type ChatPublisher } from './chat-publisher.ts'
import type {
  ChatAnswer,
  ChatFinish,
  ChatHandlers,
  ChatMessage,
  ChatRequest,
  ChatSetup,
  ChatTransport,
} from './chat-types.ts'
import { createChatViews, type ChatState, type ChatView } from './chat-view.ts'
import { createConversation } from './conversation.ts'
import { isAnswerTo, openInterrupts, withAnswer } from './open-interrupts.ts'
import { receiveTurn, type ReceivedTurn } from './receive-turn.ts'
import { newTurn, visiblePieces } from './turn.ts'

/** What a turn is asked with, at the time of the call. */
export interface ChatCall extends ChatHandlers {
  readonly transport: ChatTransport
  readonly context?: unknown
}

/** A conversation outside of React. */
export interface ChatStore extends Pick<ChatPublisher<ChatView>, 'afterRender' | 'subscribe' | 'getView'> {
  readonly send: (text: string) => Promise<boolean>
  readonly resume: (interrupt: InterruptChunk, answer: ChatAnswer) => Promise<boolean>
  readonly stop: () => void
  readonly clear: () => void
  /** From now on calls are made with these. */
  readonly setCall: (call: ChatCall) => void
  /** The component is mounted; gives what to do when it is not any more. */
  readonly mount: () => () => void
}

/** The turn that runs. */
interface Run extends ReceivedTurn {
  /** Tells whoever asked for it that it is over. */
  readonly end: () => void
  /** The interrupt that it answers. */
  readonly pieceId: string | undefined
}

/** Makes the store of one chat (STR-48 to STR-55). Nothing is read or asked before it is mounted. */
export function createChatStore(setup: ChatSetup, firstCall: ChatCall): ChatStore {
  const { createId = () => crypto.randomUUID(), limits } = setup
  const conversation = createConversation(setup, createId, {
    onOpen: () => publisher.publish(),
    onStorageError: () => publisher.request(),
  })
  const { messages, setMessages } = conversation

  let call = firstCall
  let run: Run | undefined
  // Whoever asked for a turn, from before it begins until it is over or not wanted any more.
  let asker: symbol | undefined
  let isMounted = false
  let error: StreamError | null = null
  const publisher = createChatPublisher(createChatViews(getState))

  function getState(): ChatState {
    return {
      messages: messages(),
      pieces: visiblePieces(run?.turn() ?? newTurn),
      error,
      sessionId: conversation.sessionId(),
      storageError: conversation.storageError(),
      isLoading: conversation.isLoading(),
      isBusy: asker !== undefined,
      turn: run && (run.hasChunk() ? 'streaming' : 'submitted'),
    }
  }

  /** Runs one turn to its end; `begin` is what changes when it begins. */
  async function runTurn(begin: () => Pick<ChatRequest, 'resume'>, pieceId?: string): Promise<boolean> {
    const me = Symbol('turn')
    asker = me
    const { transport, context } = call
    await conversation.opened
    if (asker !== me) return false
    const sessionId = conversation.sessionId()
    if (!isMounted || sessionId === null) {
      asker = undefined
      return false
    }

    const { resume } = begin()
    const request: ChatRequest = {
      sessionId,
      messages: messages()
        .filter(({ content }) => content.trim() !== '')
        .map(({ role, content }) => ({ role, content })),
      ...(context !== undefined && { context }),
      ...(resume && { resume }),
      history: messages(),
    }
    await new Promise<void>((end) => {
      const received = receiveTurn({
        transport,
        request,
        limits,
        createId,
        handlers: () => call,
        onChange: publisher.request,
        onEnd: finish,
      })
      run = { ...received, end, pieceId }
      error = null
      publisher.publish()
      conversation.save()
      received.begin()
    })
    return true
  }

  /** Makes the answer a message, in the same view that empties it. */
  function finish(how: ChatFinish, failure: StreamError | null): void {
    const over = run
    if (!over) return
    run = undefined
    asker = undefined
    const turn = over.leave()
    const pieces = visiblePieces(turn)
    error = how === 'error' ? failure : null
    let message: ChatMessage | null = null
    if (how === 'error' && !over.hasChunk() && over.pieceId !== undefined) {
      // The answer did not arrive, so it may be given again.
      setMessages(withAnswer(messages(), over.pieceId, undefined))
    } else if (pieces.length > 0) {
      const content = turn.texts.texts.join('')
      message = { id: createId(), role: 'assistant', content, pieces, createdAt: Date.now(), finish: how }
      setMessages([...messages(), message])
    }
    endRun(over, message, how)
    conversation.save()
  }

  function endRun(over: Run, message: ChatMessage | null, how: ChatFinish): void {
    over.abort()
    const { onFinish } = call
    publisher.publishEnd(onFinish && (() => onFinish(message, how)))
    over.end()
  }

  async function send(text: string): Promise<boolean> {
    if (asker || text.trim() === '') return false
    return runTurn(() => {
      const pieces = [{ id: createId(), type: 'text', text }] as const
      setMessages([
        ...messages(),
        { id: createId(), role: 'user', content: text, pieces, createdAt: Date.now() },
      ])
      return {}
    })
  }

  async function resume({ requestId, resumeToken }: InterruptChunk, answer: ChatAnswer): Promise<boolean> {
    const piece = openInterrupts(messages()).find(
      ({ interrupt }) => interrupt.requestId === requestId && interrupt.resumeToken === resumeToken,
    )
    if (asker || !piece || !isAnswerTo(piece.interrupt, answer)) return false
    return runTurn(() => {
      setMessages(withAnswer(messages(), piece.id, answer))
      return { resume: { requestId, resumeToken, answer } }
    }, piece.id)
  }

  /** Ends the turn, or keeps the one from beginning that waits for the storage. */
  function stop(): void {
    asker = undefined
    finish('stopped', null)
  }

  function clear(): void {
    const over = run
    run = undefined
    asker = undefined
    error = null
    over?.leave()
    conversation.clear()
    if (over) endRun(over, null, 'stopped')
    else publisher.publish()
  }

  return {
    send,
    resume,
    stop,
    clear,
    setCall: (next) => {
      call = next
    },
    mount: () => {
      isMounted = true
      conversation.open()
      return () => {
        isMounted = false
        stop()
        publisher.afterRender()
      }
    },
    afterRender: publisher.afterRender,
    subscribe: publisher.subscribe,
    getView: publisher.getView,
  }
}
