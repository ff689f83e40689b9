import { runReported } from '@crux/core/client'
import {
  consumeStream,
  isTurnFailure,
  type Chunk,
  type StreamError,
  type StructuredStreamError,
} from '@crux/core/structured'
import type { ChatFinish, ChatHandlers, ChatRequest, ChatTransport } from './chat-types.ts'
import { addError, applyToTurn, closeTurn, newTurn, type Turn, type TurnOptions } from './turn.ts'

/** A turn that is under way. */
export interface ReceivedTurn {
  /** What has arrived. */
  readonly turn: () => Turn
  /** Whether anything has arrived, shown or not. */
  readonly hasChunk: () => boolean
  /** Asks for the turn. */
  readonly begin: () => void
  /** From now on whatever comes of it is ignored; gives what arrived, closed. */
  readonly leave: () => Turn
  /** Ends the request. */
  readonly abort: () => void
}

/** What is received, and who hears of it. */
export interface ReceiveTurnOptions extends TurnOptions {
  readonly transport: ChatTransport
  readonly request: ChatRequest
  /** As they are when there is something to tell. */
  readonly handlers: () => Pick<ChatHandlers, 'onChunk' | 'onError'>
  readonly onChange: () => void
  /** Called once, unless it was left before; `failure` is why the turn failed. */
  readonly onEnd: (how: ChatFinish, failure: StreamError | null) => void
}

/** Receives one turn; after it was left it changes nothing and tells nobody (STR-51). */
export function receiveTurn(options: ReceiveTurnOptions): ReceivedTurn {
  const { transport, request, handlers, onChange, onEnd } = options
  const controller = new AbortController()
  let turn = newTurn
  let hasChunk = false
  let isLeft = false

  /** A transport that throws at once is a source that fails. */
  async function* ask(): AsyncGenerator<Chunk, unknown> {
    return yield* transport.stream({ ...request, signal: controller.signal })
  }

  async function follow(): Promise<void> {
    let failure: StreamError | null = null
    const end = await consumeStream(ask(), {
      onChunk: take,
      onError: (error, chunk) => {
        if (isLeft) return
        if (!chunk || isTurnFailure(chunk)) failure = error
        if (!chunk) turn = addError(turn, error.code, error.message, options)
        tellError(error)
      },
    })
    if (!isLeft) onEnd(end === 'done' ? 'done' : end === 'failed' ? 'error' : 'stopped', failure)
  }

  function take(chunk: Chunk): boolean {
    if (isLeft) return false
    hasChunk = true
    const applied = applyToTurn(turn, chunk, options)
    turn = applied.turn
    const { onChunk } = handlers()
    if (onChunk) runReported(() => onChunk(chunk))
    if (applied.error) tellError(applied.error)
    onChange()
    return true
  }

  function tellError(error: StreamError | StructuredStreamError): void {
    const { onError } = handlers()
    if (onError) runReported(() => onError(error))
  }

  return {
    turn: () => turn,
    hasChunk: () => hasChunk,
    // It ends the turn itself, whatever happens.
    begin: () => void follow(),
    leave: () => {
      isLeft = true
      return closeTurn(turn, options)
    },
    abort: () => controller.abort(),
  }
}
