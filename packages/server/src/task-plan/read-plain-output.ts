import { lineFeed } from './find-event-end.ts'

const quote = 34
const backslash = 92
const closeBrace = 125
const letterU = 117
const lastControl = 13
const firstBeyondAscii = 128

const ascii = (text: string) => new TextEncoder().encode(text)
const opening = ascii('{"type":"tool-output-available","toolCallId":"')
const preliminary = ascii('"preliminary"')

/** What a plan needs to know of an output. */
export interface PlainOutput {
  readonly type: 'tool-output-available'
  readonly toolCallId: string
}

/**
 * The chunk in the JSON text that begins at `from`, in an event that ends at `to`, if it is the last output of a call as
 * the AI SDK writes it: in one line, `type` and `toolCallId` first. The output itself, which may be long, is only
 * searched for the word that would make it a preliminary one. `undefined` for anything else, to be read properly.
 */
export function readPlainOutput(bytes: Uint8Array, from: number, to: number): PlainOutput | undefined {
  if (!startsWith(bytes, from, opening)) return undefined
  let toolCallId = ''
  let index = from + opening.length
  for (; index < to && bytes[index] !== quote; index++) {
    const byte = bytes[index] ?? 0
    if (byte === backslash || byte <= lastControl || byte >= firstBeyondAscii) return undefined
    toolCallId += String.fromCharCode(byte)
  }
  for (; index < to; index++) {
    const byte = bytes[index] ?? 0
    if (byte <= lastControl)
      return isEndOfChunk(bytes, index, to) ? { type: 'tool-output-available', toolCallId } : undefined
    if (byte === quote && startsWith(bytes, index, preliminary)) return undefined
    // A name may be written in escapes.
    if (byte === backslash && bytes[index + 1] === letterU) return undefined
  }
  return undefined
}

/** True if the line that ends here is the last of its event, and ends like an object. */
function isEndOfChunk(bytes: Uint8Array, index: number, to: number): boolean {
  return bytes[index - 1] === closeBrace && bytes[index] === lineFeed && index + 2 === to
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text[index]) return false
  }
  return true
}
