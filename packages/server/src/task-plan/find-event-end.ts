/** The byte LF. */
export const lineFeed = 10
/** The byte CR. */
export const carriageReturn = 13

/** Where the bytes seen so far of an unfinished event end: what the next ones mean depends on it. */
export interface LineCursor {
  /** Nothing of the current line has been seen: a line end now is the blank line that ends the event. */
  isLineStart: boolean
  /** The last byte was a carriage return: a line feed now belongs to it. */
  isAfterReturn: boolean
}

/**
 * The index after the blank line that ends an event, or -1 if it does not end in these bytes; `cursor` is brought up to
 * date either way. Lines end with LF, CRLF or a lone CR (WHATWG HTML, event stream). If the blank line ends with the
 * last byte, and that is a CR, then `isAfterReturn` is set.
 *
 * A blank line makes two line-end bytes in a row, so it is enough to look at every other byte.
 */
export function findEventEnd(bytes: Uint8Array, from: number, cursor: LineCursor): number {
  const { length } = bytes
  let index = from
  if (cursor.isAfterReturn && index < length) {
    cursor.isAfterReturn = false
    if (bytes[index] === lineFeed) index++
  }
  for (;;) {
    if (cursor.isLineStart) {
      if (index >= length) return -1
      const byte = bytes[index]
      if (byte === lineFeed || byte === carriageReturn) return endOfLineEnd(bytes, index, cursor)
      cursor.isLineStart = false
    }
    let probe = index + 1
    while (probe < length && (bytes[probe] ?? 0) > carriageReturn) probe += 2
    if (probe >= length) {
      if (index < length && isLineEnd(bytes[length - 1])) {
        cursor.isLineStart = true
        cursor.isAfterReturn = bytes[length - 1] === carriageReturn
      }
      return -1
    }
    if (!isLineEnd(bytes[probe])) {
      index = probe
      continue
    }
    while (probe > index && isLineEnd(bytes[probe - 1])) probe--
    index = endOfLineEnd(bytes, probe, cursor)
    cursor.isLineStart = true
  }
}

/** The index after the end of this line, or -1. Sets `isAfterReturn` if it ends with the last byte, a CR. */
export function findLineEnd(bytes: Uint8Array, from: number, cursor: LineCursor): number {
  let index = from
  while (index < bytes.length && !isLineEnd(bytes[index])) index++
  return index < bytes.length ? endOfLineEnd(bytes, index, cursor) : -1
}

/** Whether a byte ends a line of an event stream. */
export function isLineEnd(byte: number | undefined): boolean {
  return byte === lineFeed || byte === carriageReturn
}

/** The index after the line end that begins at `index`. */
export function endOfLineEnd(bytes: Uint8Array, index: number, cursor: LineCursor): number {
  if (bytes[index] === lineFeed) return index + 1
  if (index + 1 === bytes.length) cursor.isAfterReturn = true
  return bytes[index + 1] === lineFeed ? index + 2 : index + 1
}
