import { createParser } from 'eventsource-parser'
import { SseError } from './sse-error.ts'
import type { SseMessage } from './sse-message.ts'

/** Who hears what of a stream, in its order, while `feed` runs. */
export interface EventParserOptions {
  /** Most characters in one event's data, and, plus 64, in any line. Default 1,048,576. */
  readonly maxEventLength?: number | undefined
  /** `hasId`: the event has an id of its own, and not only the last one in force. */
  readonly onMessage: (message: SseMessage, hasId: boolean) => void
  /** An id came into force: before its event is given out, or alone if its block has no data. */
  readonly onId?: ((id: string) => void) | undefined
  readonly onComment?: ((text: string) => void) | undefined
  readonly onRetry?: ((ms: number) => void) | undefined
}

/**
 * The parser that everything else is built on: takes the bytes of an event stream in any pieces, calls back for what
 * they hold, and throws `SseError` `event-too-large` once a limit is passed, after everything before it was given out;
 * it must then not be fed any more (SSE-35).
 *
 * Unfinished lines wait here and not in `eventsource-parser`, which sees whole lines only:
 *
 *     bytes -> decoder -> [held | unfinished line] -> whole lines -> parser -> callbacks
 *
 * So its own limit counts an event's data alone, and the outcome does not depend on how the body was cut.
 */
export function createEventParser({
  maxEventLength = 1_048_576,
  onMessage,
  onId,
  onComment,
  onRetry,
}: EventParserOptions): (bytes: Uint8Array) => void {
  // With ignoreBOM the decoder leaves a BOM in and the parser takes it out; otherwise each would take one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const maxLineLength = maxEventLength + 64
  let held = ''
  let lastId = ''
  let isTooLarge = false
  const parser = createParser({
    maxBufferSize: maxEventLength,
    onId: (id) => {
      lastId = id
      onId?.(id)
    },
    onEvent: ({ event = 'message', data, id }) => onMessage({ event, data, id: lastId }, id !== undefined),
    onComment,
    onRetry,
    onError: ({ type }) => {
      isTooLarge ||= type === 'max-buffer-size-exceeded'
    },
  })

  function feedLines(lines: string): void {
    parser.feed(lines)
    if (isTooLarge) fail()
  }

  function fail(): never {
    throw new SseError('event-too-large', `An event or a line is longer than ${maxEventLength} characters.`)
  }

  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true })
    let end = text.lastIndexOf('\n') + 1
    if (text.includes('\r', end)) end = text.lastIndexOf('\r') + 1
    if (end > 0) {
      const lines = held + text.slice(0, end)
      held = ''
      if (lines.length <= maxEventLength) {
        feedLines(lines)
      } else {
        // Only here can a line be too long, or an event that the parser gives out without a look at its length, which
        // it does where the empty line follows in the same piece.
        for (const [line] of lines.matchAll(/[^\r\n]*[\r\n]/g)) {
          if (line.length > maxLineLength + 1) fail()
          feedLines(line)
        }
      }
    }
    held += text.slice(end)
    if (held.length > maxLineLength) fail()
  }
}
