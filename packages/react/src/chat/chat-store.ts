import { createFrameBatch, runReported } from '@crux/core/client'
import {
  consumeStream,
  isTurnFailure,
  StreamError,
  type Chunk,
  type InterruptChunk,
} from '@crux/core/structured'
import type { StructuredItem } from '../structured/structured-store.ts'
import { createSnapshotWriter, isSnapshotOf } from './chat-storage.ts'
import type {
  ChatAnswer,
  ChatFinish,
  ChatHandlers,
  ChatMessage,
  ChatRequest,
  ChatSetup,
  ChatTransport,
  ContentPiece,
} from './chat-types.ts'
import { isAnswerTo, openInterrupts, withAnswer } from './open-interrupts.ts'
import { addError, applyToTurn, closeTurn, newTurn, visiblePieces, type Turn } from './turn.ts'

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

/** What a turn is asked with, at the time of the call. */
export interface ChatCall extends ChatHandlers {
  readonly transport: ChatTransport
  readonly context?: unknown
}

/** A conversation outside of React. */
export interface ChatStore {
  readonly send: (text: string) => Promise<boolean>
  readonly resume: (interrupt: InterruptChunk, answer: ChatAnswer) => Promise<boolean>
  readonly stop: () => void
  readonly clear: () => void
  /** From now on calls are made with these. */
  readonly setCall: (call: ChatCall) => void
  /** The component is mounted; gives what to do when it is not any more. */
  readonly mount: () => () => void
  /** A render is on the page: those who wait for it are told. */
  readonly afterRender: () => void
  readonly subscribe: (listener: () => void) => () => void
  readonly getView: () => ChatView
  readonly getInitialView: () => ChatView
}

/** A turn that is under way; whatever comes of it after it was left is ignored. */
interface Run {
  readonly controller: AbortController
  readonly end: () => void
  hasChunk: boolean
  /** The interrupt that this turn answers. */
  readonly pieceId: string | undefined
}

/** Makes the store of one chat (STR-48 to STR-55). Nothing is read or asked before it is mounted. */
export function createChatStore(setup: ChatSetup, firstCall: ChatCall): ChatStore {
  const { storage, storageKey = 'crux-chat', initialMessages = [], limits } = setup
  const { createId = () => crypto.randomUUID() } = setup
  const turnOptions = { limits, createId }

  let call = firstCall
  let messages = initialMessages
  let turn: Turn = newTurn
  let run: Run | undefined
  // From the call of `send` on, before its turn begins.
  let isBusy = false
  let isLoading = storage !== undefined
  let isStarted = false
  let isMounted = false
  let mayStore = true
  let conversation = 0
  let sessionId = setup.sessionId ?? null
  let error: StreamError | null = null
  let storageError: Error | null = null
  let untold: (() => void)[] = []
  let start = () => {}
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  const listeners = new Set<() => void>()
  const itemOfPiece = new WeakMap<ContentPiece, StructuredItem>()

  const batch = createFrameBatch(publish)
  const writer =
    storage &&
    createSnapshotWriter(storage, storageKey, (failure) => {
      setStorageError(failure && new Error('The conversation could not be kept.', failure))
    })

  function publish(): void {
    view = takeView()
    for (const listener of listeners) listener()
  }

  function structuredItems(): StructuredItem[] {
    const pieces = [...messages.flatMap((message) => message.pieces), ...turn.pieces]
    return pieces.flatMap((piece) => {
      if (piece.type !== 'structured') return []
      const { id, state } = piece
      const item = itemOfPiece.get(piece) ?? { id, streamId: state.streamId, state }
      itemOfPiece.set(piece, item)
      return [item]
    })
  }

  function getStructured(streamId: string): StructuredItem | undefined {
    return structuredItems().findLast((item) => item.streamId === streamId)
  }

  function takeView(): ChatView {
    const items = structuredItems()
    const byStreamId: Record<string, StructuredItem> = Object.create(null)
    for (const item of items) byStreamId[item.streamId] = item
    const pendingInterrupt = isBusy ? null : (openInterrupts(messages).at(-1)?.interrupt ?? null)
    return {
      messages,
      streamContentPieces: visiblePieces(turn),
      status: statusWith(pendingInterrupt),
      error,
      pendingInterrupt,
      structured: { items, byStreamId, get: getStructured },
      sessionId,
      storageError,
    }
  }

  function statusWith(pendingInterrupt: InterruptChunk | null): ChatStatus {
    if (run) return run.hasChunk ? 'streaming' : 'submitted'
    if (isLoading) return 'loading'
    if (error) return 'error'
    return pendingInterrupt ? 'awaiting-input' : 'ready'
  }

  function setStorageError(next: Error | null): void {
    if (next === storageError) return
    storageError = next
    batch.request('now')
  }

  function save(): void {
    if (mayStore && sessionId !== null) writer?.save({ v: 1, sessionId, messages })
  }

  async function load(): Promise<void> {
    const loading = conversation
    let loaded: unknown = null
    let failure: Error | null = null
    try {
      loaded = (await storage?.load(storageKey)) ?? null
      if (loaded !== null && !isSnapshotOf(loaded, setup.sessionId))
        failure = new Error('What is stored is no conversation of this session.')
    } catch (cause) {
      failure = new Error('The conversation could not be read.', { cause })
    }
    // It was cleared in the meantime.
    if (loading !== conversation) return
    if (failure) {
      mayStore = false
      storageError = failure
    } else if (isSnapshotOf(loaded, setup.sessionId)) {
      messages = loaded.messages
      sessionId = loaded.sessionId
    }
    sessionId ??= createId()
    isLoading = false
    publish()
    start()
  }

  /** Runs one turn to its end; `begin` is what changes when it begins. */
  async function runTurn(begin: () => Pick<ChatRequest, 'resume'>, pieceId?: string): Promise<boolean> {
    isBusy = true
    const { transport, context } = call
    const expected = conversation
    await started
    if (expected !== conversation || sessionId === null) return false
    if (!isMounted) {
      isBusy = false
      return false
    }

    const { resume } = begin()
    const request: ChatRequest = {
      sessionId,
      messages: messages
        .filter(({ content }) => content.trim() !== '')
        .map(({ role, content }) => ({ role, content })),
      ...(context !== undefined && { context }),
      ...(resume && { resume }),
      history: messages,
    }
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const current: Run = { controller: new AbortController(), end, hasChunk: false, pieceId }
    run = current
    error = null
    publish()
    save()
    // It ends the run itself, whatever happens.
    void follow(current, transport, request)
    await ended
    return true
  }

  async function follow(current: Run, transport: ChatTransport, request: ChatRequest): Promise<void> {
    let failure: StreamError | null = null
    try {
      const stream = transport.stream({ ...request, signal: current.controller.signal })
      const end = await consumeStream(stream, {
        onChunk: (chunk) => take(current, chunk),
        onError: (streamError, chunk) => {
          if (run !== current) return
          if (!chunk || isTurnFailure(chunk)) failure = streamError
          if (!chunk) turn = addError(turn, streamError.code, streamError.message, turnOptions)
          tellError(streamError)
        },
      })
      if (run === current) finish(end === 'done' ? 'done' : end === 'failed' ? 'error' : 'stopped', failure)
    } catch (cause) {
      if (run !== current) return
      const streamError = new StreamError('source-failed', 'The turn could not be asked for.', { cause })
      turn = addError(turn, streamError.code, streamError.message, turnOptions)
      tellError(streamError)
      finish('error', streamError)
    }
  }

  function take(current: Run, chunk: Chunk): boolean {
    if (run !== current) return false
    current.hasChunk = true
    const applied = applyToTurn(turn, chunk, turnOptions)
    turn = applied.turn
    const { onChunk, onError } = call
    if (onChunk) runReported(() => onChunk(chunk))
    const { error: chunkError } = applied
    if (onError && chunkError) runReported(() => onError(chunkError))
    // A handler may have ended the turn.
    if (run !== current) return false
    batch.request('now')
    return true
  }

  function tellError(streamError: StreamError): void {
    const { onError } = call
    if (onError) runReported(() => onError(streamError))
  }

  /** Makes the answer a message, in the same view that empties it. */
  function finish(how: ChatFinish, failure: StreamError | null): void {
    const over = run
    if (!over) return
    run = undefined
    isBusy = false
    turn = closeTurn(turn, turnOptions)
    const pieces = visiblePieces(turn)
    const content = turn.texts.texts.join('')
    turn = newTurn
    error = how === 'error' ? failure : null
    let message: ChatMessage | null = null
    if (how === 'error' && !over.hasChunk && over.pieceId !== undefined) {
      // The answer did not arrive, so it may be given again.
      messages = withAnswer(messages, over.pieceId, undefined)
    } else if (pieces.length > 0) {
      message = { id: createId(), role: 'assistant', content, pieces, createdAt: Date.now(), finish: how }
      messages = [...messages, message]
    }
    endRun(over, message, how)
    save()
  }

  function endRun(over: Run, message: ChatMessage | null, how: ChatFinish): void {
    over.controller.abort()
    const { onFinish } = call
    if (onFinish) untold.push(() => onFinish(message, how))
    batch.cancel()
    publish()
    if (listeners.size === 0) afterRender()
    over.end()
  }

  function afterRender(): void {
    const told = untold
    untold = []
    for (const tell of told) runReported(tell)
  }

  async function send(text: string): Promise<boolean> {
    if (isBusy || text.trim() === '') return false
    return runTurn(() => {
      const pieces: ContentPiece[] = [{ id: createId(), type: 'text', text }]
      messages = [...messages, { id: createId(), role: 'user', content: text, pieces, createdAt: Date.now() }]
      return {}
    })
  }

  async function resume({ requestId, resumeToken }: InterruptChunk, answer: ChatAnswer): Promise<boolean> {
    const piece = openInterrupts(messages).find(
      ({ interrupt }) => interrupt.requestId === requestId && interrupt.resumeToken === resumeToken,
    )
    if (isBusy || !piece || !isAnswerTo(piece.interrupt, answer)) return false
    return runTurn(() => {
      messages = withAnswer(messages, piece.id, answer)
      return { resume: { requestId, resumeToken, answer } }
    }, piece.id)
  }

  function clear(): void {
    conversation++
    const over = run
    run = undefined
    isBusy = false
    isLoading = false
    turn = newTurn
    messages = []
    error = null
    storageError = null
    mayStore = true
    writer?.remove()
    if (setup.sessionId === undefined && sessionId !== null) sessionId = createId()
    if (isStarted) {
      sessionId ??= createId()
      start()
    }
    if (over) endRun(over, null, 'stopped')
    else publish()
  }

  let view = takeView()
  const initial = view
  return {
    send,
    resume,
    stop: () => finish('stopped', null),
    clear,
    setCall: (next) => {
      call = next
    },
    mount: () => {
      isMounted = true
      if (!isStarted) {
        isStarted = true
        // It tells of its errors itself.
        void load()
      }
      return () => {
        isMounted = false
        finish('stopped', null)
        afterRender()
      }
    },
    afterRender,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    getView: () => view,
    getInitialView: () => initial,
  }
}
