/** Reads the top level of a JSON object that comes in pieces. */
export interface JsonFields {
  /** Takes the next bytes of the text. */
  readonly feed: (bytes: Uint8Array, from: number, to: number) => void
  /**
   * The fields so far that are strings, numbers, booleans or null. Left out are objects and arrays, whose inside is not
   * looked at, strings over 1 KiB, and all that comes after an error in the text.
   */
  readonly fields: () => Readonly<Record<string, unknown>>
}

/**
 * What the next byte belongs to.
 *
 *     start { key : value , key : value }
 *                     |
 *                     +-- string, scalar: kept if short
 *                     +-- inside: of an object or array only depth and strings are followed
 */
type Place =
  | 'start'
  | 'key'
  | 'keyText'
  | 'colon'
  | 'value'
  | 'string'
  | 'scalar'
  | 'inside'
  | 'insideString'
  | 'next'
  | 'end'

const quote = 34
const comma = 44
const colon = 58
const openBracket = 91
const backslash = 92
const closeBracket = 93
const openBrace = 123
const closeBrace = 125
const maxTokenBytes = 1_024
const maxFields = 64

/** See `JsonFields`. Takes constant memory, however long the text is. */
export function createJsonFields(): JsonFields {
  const decoder = new TextDecoder()
  const found = new Map<string, unknown>()
  const tokenBytes = new Uint8Array(maxTokenBytes)
  let tokenLength = 0
  let isTooLong = false
  let place: Place = 'start'
  let key: unknown
  let isEscaped = false
  let depth = 0

  function beginToken(next: Place): void {
    place = next
    tokenLength = 0
    isTooLong = false
  }

  function keep(bytes: Uint8Array, from: number, to: number): void {
    isTooLong ||= tokenLength + to - from > maxTokenBytes
    if (isTooLong) return
    for (let index = from; index < to; index++) tokenBytes[tokenLength++] = bytes[index] ?? 0
  }

  /** What the kept bytes say; `undefined` if they were too many or say nothing. */
  function readToken(isString: boolean): unknown {
    if (isTooLong) return undefined
    const text = decoder.decode(tokenBytes.subarray(0, tokenLength))
    try {
      return JSON.parse(isString ? `"${text}"` : text)
    } catch {
      return undefined
    }
  }

  function endValue(value: unknown): void {
    place = 'next'
    if (typeof key !== 'string' || (found.size >= maxFields && !found.has(key))) return
    // The last of two fields with one name counts, as in JSON.parse.
    if (value === undefined) found.delete(key)
    else found.set(key, value)
  }

  /** The index after the quote that ends the string, or -1. */
  function findStringEnd(bytes: Uint8Array, from: number, to: number): number {
    let index = isEscaped ? from + 1 : from
    isEscaped = false
    for (; index < to; index++) {
      const byte = bytes[index]
      if (byte === quote) return index + 1
      if (byte === backslash) index++
    }
    // One further than the end: the byte after the backslash is still to come.
    isEscaped = index > to
    return -1
  }

  /** Goes on with a string; gives the index after what it took. */
  function takeString(bytes: Uint8Array, from: number, to: number): number {
    const end = findStringEnd(bytes, from, to)
    if (place !== 'insideString') keep(bytes, from, end < 0 ? to : end - 1)
    if (end < 0) return to
    if (place === 'insideString') {
      place = 'inside'
    } else if (place === 'string') {
      endValue(readToken(true))
    } else {
      key = readToken(true)
      place = 'colon'
    }
    return end
  }

  /** Goes on inside an object or array, past all its strings; gives the index after what it took. */
  function takeInside(bytes: Uint8Array, from: number, to: number): number {
    let index = from
    while (index < to) {
      const byte = bytes[index++]
      if (byte === quote) {
        index = findStringEnd(bytes, index, to)
        if (index < 0) {
          place = 'insideString'
          return to
        }
      } else if (byte === openBrace || byte === openBracket) {
        depth++
      } else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) {
        endValue(undefined)
        return index
      }
    }
    return to
  }

  /** Takes one byte between tokens, or the first or one more of a scalar. False if it has to be looked at again. */
  function takeByte(byte: number): boolean {
    if (place === 'scalar') {
      const isOver = byte === comma || byte === closeBrace || isSpace(byte)
      if (isOver) endValue(readToken(false))
      else keep(Uint8Array.of(byte), 0, 1)
      return !isOver
    }
    if (isSpace(byte)) return true
    switch (place) {
      case 'start':
        place = byte === openBrace ? 'key' : 'end'
        break
      case 'key':
        if (byte === quote) beginToken('keyText')
        else place = 'end'
        break
      case 'colon':
        place = byte === colon ? 'value' : 'end'
        break
      case 'value':
        if (byte === quote) {
          beginToken('string')
        } else if (byte === openBrace || byte === openBracket) {
          place = 'inside'
          depth = 1
        } else {
          beginToken('scalar')
          return false
        }
        break
      case 'next':
        place = byte === comma ? 'key' : 'end'
        break
      default:
        break
    }
    return true
  }

  return {
    feed(bytes, from, to) {
      let index = from
      while (index < to && place !== 'end') {
        if (place === 'keyText' || place === 'string' || place === 'insideString') {
          index = takeString(bytes, index, to)
        } else if (place === 'inside') {
          index = takeInside(bytes, index, to)
        } else if (takeByte(bytes[index] ?? 0)) {
          index++
        }
      }
    },
    fields: () => Object.fromEntries(found),
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}
