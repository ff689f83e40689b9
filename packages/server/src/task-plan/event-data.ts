import { isLineEnd, lineFeed } from './find-event-end.ts'

const colon = 58
const space = 32
const closeBrace = 125
const dataName = new TextEncoder().encode('data')

/** Where the value of a `data:` line begins, for a line that begins at `from`; -1 for any other line. */
export function dataValueStart(bytes: Uint8Array, from: number): number {
  const afterName = from + dataName.length
  for (let index = from; index < afterName; index++) {
    if (bytes[index] !== dataName[index - from]) return -1
  }
  if (bytes[afterName] !== colon) return -1
  return bytes[afterName + 1] === space ? afterName + 2 : afterName + 1
}

/** Where the data of an event stands. */
export interface EventData {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/**
 * The data of an event that looks like one line of JSON, whose value begins at `value`: a guess that costs one search.
 * Where it is wrong, because a lone CR divides the line, it is no JSON text.
 */
export function guessEventData(bytes: Uint8Array, value: number, to: number): EventData | undefined {
  const lineEnd = to - 2
  const isOneLine = bytes[lineEnd + 1] === lineFeed && bytes.indexOf(lineFeed, value) === lineEnd
  return isOneLine && bytes[lineEnd - 1] === closeBrace ? { bytes, from: value, to: lineEnd } : undefined
}

/** The data of an event: the values of its `data:` lines, joined by line feeds. `undefined` if it has none. */
export function readEventData(bytes: Uint8Array, from: number, to: number): EventData | undefined {
  const values: EventData[] = []
  let lineStart = from
  while (lineStart < to) {
    let lineEnd = lineStart
    while (lineEnd < to && !isLineEnd(bytes[lineEnd])) lineEnd++
    const value = dataValueStart(bytes, lineStart)
    if (value >= 0) values.push({ bytes, from: Math.min(value, lineEnd), to: lineEnd })
    // The empty line between CR and LF is no data line, so CRLF needs no care.
    lineStart = lineEnd + 1
  }
  return values.length > 1 ? joinLines(values) : values[0]
}

function joinLines(values: readonly EventData[]): EventData {
  const length = values.reduce((sum, { from, to }) => sum + to - from + 1, -1)
  const joined = new Uint8Array(length).fill(lineFeed)
  let end = 0
  for (const { bytes, from, to } of values) {
    joined.set(bytes.subarray(from, to), end)
    end += to - from + 1
  }
  return { bytes: joined, from: 0, to: length }
}
