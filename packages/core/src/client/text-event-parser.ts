import { createEventParser } from '../sse/event-parser.ts'

/** Takes the text of an event stream in any pieces. */
export interface TextEventParser {
  /** Throws `SseError` `event-too-large`, and begins anew after it. */
  readonly push: (text: string) => void
}

/** The parser of bytes, for text that was decoded already; calls back with the data of each event. */
export function createTextEventParser(
  onData: (data: string) => void,
  maxEventLength: number,
): TextEventParser {
  const encoder = new TextEncoder()
  const open = () => createEventParser({ maxEventLength, onMessage: ({ data }) => onData(data) })
  let feed = open()
  let half = ''
  return {
    push(piece) {
      const text = half + piece
      // A piece may end between the two halves of a character, which only make sense together.
      half = /[\ud800-\udbff]$/.exec(text)?.[0] ?? ''
      try {
        feed(encoder.encode(half ? text.slice(0, -1) : text))
      } catch (error) {
        feed = open()
        throw error
      }
    },
  }
}
