import type { InterruptChunk } from '@crux/core/structured'
import type { ChatAnswer, ChatMessage, ContentPiece } from './chat-types.ts'

type InterruptPiece = Extract<ContentPiece, { type: 'interrupt' }>

/** The interrupts that may be answered: of the newest message, which a user's message sets aside (STR-53). */
export function openInterrupts(messages: readonly ChatMessage[]): readonly InterruptPiece[] {
  const { pieces = [] } = messages.at(-1) ?? {}
  return pieces.filter(
    (piece): piece is InterruptPiece => piece.type === 'interrupt' && piece.answer === undefined,
  )
}

/** Whether an answer is of the kind that was asked for; a kind that is not known here takes any. */
export function isAnswerTo({ input }: InterruptChunk, answer: ChatAnswer): boolean {
  const isOption = (id: string) => input.options?.some((option) => option.id === id) ?? false
  switch (input.kind) {
    case 'text':
      return typeof answer === 'string' && answer.trim() !== ''
    case 'choice':
      return typeof answer === 'string' && isOption(answer)
    case 'multi-choice':
      return Array.isArray(answer) && answer.every(isOption)
    default:
      return true
  }
}

/** The messages with the answer of one interrupt, or without it. */
export function withAnswer(
  messages: readonly ChatMessage[],
  pieceId: string,
  answer: ChatAnswer | undefined,
): readonly ChatMessage[] {
  return messages.map((message) => {
    if (!message.pieces.some(({ id }) => id === pieceId)) return message
    const pieces = message.pieces.map((piece): ContentPiece => {
      if (piece.id !== pieceId || piece.type !== 'interrupt') return piece
      const { answer: _taken, ...asked } = piece
      return answer === undefined ? asked : { ...asked, answer }
    })
    return { ...message, pieces }
  })
}
