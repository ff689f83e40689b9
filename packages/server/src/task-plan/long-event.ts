import { isLineEnd } from './find-event-end.ts'
import { createJsonFields } from './json-fields.ts'

/** An event that is too long to be held: what its chunk says is picked up while it passes (INJ-104). */
export interface LongEvent {
  readonly feed: (bytes: Uint8Array, from: number, to: number) => void
  /** The short top-level fields of the chunk, as far as they have passed. */
  readonly fields: () => Readonly<Record<string, unknown>>
}

const dataPrefix = new TextEncoder().encode('data:')
const space = 32

/** See `LongEvent`. The values of `data:` lines are read as one JSON text. */
export function createLongEvent(): LongEvent {
  const json = createJsonFields()
  /** How many bytes of `data:` the line has; -1 in any other line. */
  let matched = 0
  let isValue = false

  return {
    feed(bytes, from, to) {
      let index = from
      while (index < to) {
        if (isValue || matched < 0) {
          const end = lineEndIn(bytes, index, to)
          if (isValue) json.feed(bytes, index, end)
          index = end
        }
        if (index >= to) return
        const byte = bytes[index] ?? 0
        if (isLineEnd(byte)) {
          isValue = false
          matched = 0
          index++
        } else if (matched === dataPrefix.length) {
          isValue = true
          if (byte === space) index++
        } else {
          matched = byte === dataPrefix[matched] ? matched + 1 : -1
          index++
        }
      }
    },
    fields: json.fields,
  }
}

/** The index of the first line end, or `to`. Four bytes at a time, as most have none. */
function lineEndIn(bytes: Uint8Array, from: number, to: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let index = from
  while (index < to) {
    while (index + 4 <= to && !hasControl(view.getUint32(index))) index += 4
    const end = Math.min(index + 4, to)
    for (; index < end; index++) if (isLineEnd(bytes[index])) return index
  }
  return to
}

/** True if one of the four bytes is below 14: the subtraction borrows from its highest bit, which it does not have. */
function hasControl(word: number): boolean {
  return ((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0
}
