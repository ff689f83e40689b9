const lineFeed = 10
const lastControl = 13
const quote = 34
const colon = 58
const backslash = 92
const letterA = 97
const letterD = 100
const letterR = 114
const letterS = 115
const letterT = 116
const letterU = 117
const openBrace = 123

const ascii = (text: string) => new TextEncoder().encode(text)
const typeKey = ascii('"type"')
const inputDelta = ascii('tool-input-delta"')
const dataPart = ascii('data-')

/** How types begin that no plan depends on. What begins otherwise is looked at, also if it is not known. */
const textDelta = ascii('text-d')
const textEnd = ascii('text-e')
const reasoningDelta = ascii('reasoning-d')
const reasoningEnd = ascii('reasoning-e')
const source = ascii('source-')

/** How an event of the AI SDK begins. */
const usualBeginning = ascii('data: {"type":"')

/** The same and the commonest types as numbers: four bytes compared at once cost less than a loop over four. */
const beginning = ['data', ': {"', 'type', 'e":"'].map((text) => wordAt(ascii(text), 0))
const text = wordAt(ascii('text'), 0)
const letterE = 101
const hyphen = 45

/**
 * The index of the first event, from the one that begins at `from`, that may matter to a plan or does not end in these
 * bytes. Takes only what is written the way the AI SDK writes it, one line and LF: the rest is for others to read. Most
 * of a stream passes here, so each event is touched as little as can be.
 */
export function skipIrrelevantEvents(bytes: Uint8Array, from: number, withDeltas: boolean): number {
  const { length } = bytes
  const [first, second, third, fourth] = beginning
  // Behind this no event has room for its beginning, six bytes of its type and its end.
  const last = length - usualBeginning.length - 8
  let index = from
  while (index <= last) {
    const isUsual =
      wordAt(bytes, index) === first &&
      wordAt(bytes, index + 4) === second &&
      wordAt(bytes, index + 8) === third &&
      wordAt(bytes, index + 11) === fourth
    if (!isUsual) return index
    const type = index + usualBeginning.length
    const ending = bytes[type + 5]
    const isText =
      wordAt(bytes, type) === text && bytes[type + 4] === hyphen && (ending === letterD || ending === letterE)
    if (!isText && !isIrrelevantType(bytes, type, withDeltas)) return index

    // Two line feeds in a row: one of them is found by looking at every other byte.
    let probe = type + 6
    while (probe < length && (bytes[probe] ?? 0) > lastControl) probe += 2
    if (probe >= length || bytes[probe] !== lineFeed) return index
    if (bytes[probe - 1] === lineFeed) index = probe + 1
    else if (probe + 1 < length && bytes[probe + 1] === lineFeed) index = probe + 2
    else return index
  }
  return index
}

/**
 * True if the JSON text in this range is a chunk that no plan depends on, as far as can be seen without parsing it
 * (INJ-103): its first field is such a `type`, or every `type` in it is one. `withDeltas`: deltas of tool input matter
 * too.
 */
export function isIrrelevantChunk(bytes: Uint8Array, from: number, to: number, withDeltas: boolean): boolean {
  const opening = skipSpaces(bytes, from)
  if (bytes[opening] !== openBrace) return false
  const first = skipSpaces(bytes, opening + 1)
  if (startsWith(bytes, first, typeKey)) return isIrrelevantValue(bytes, first + typeKey.length, withDeltas)

  // `type` stands somewhere else. Inside a text its quotes would be escaped; as a name it might be written in escapes.
  let found = 0
  for (let index = first; index < to; index++) {
    if (bytes[index] === backslash && bytes[index + 1] === letterU) return false
    if (bytes[index] !== quote || !startsWith(bytes, index, typeKey)) continue
    if (!isIrrelevantValue(bytes, index + typeKey.length, withDeltas)) return false
    found++
  }
  return found > 0
}

/** Whether what follows the key `"type"` is a colon and an irrelevant type. */
function isIrrelevantValue(bytes: Uint8Array, afterKey: number, withDeltas: boolean): boolean {
  const separator = skipSpaces(bytes, afterKey)
  if (bytes[separator] !== colon) return false
  const opening = skipSpaces(bytes, separator + 1)
  return bytes[opening] === quote && isIrrelevantType(bytes, opening + 1, withDeltas)
}

function isIrrelevantType(bytes: Uint8Array, at: number, withDeltas: boolean): boolean {
  switch (bytes[at]) {
    case letterT:
      return (
        startsWith(bytes, at, textDelta) ||
        startsWith(bytes, at, textEnd) ||
        (!withDeltas && startsWith(bytes, at, inputDelta))
      )
    case letterR:
      return startsWith(bytes, at, reasoningDelta) || startsWith(bytes, at, reasoningEnd)
    case letterS:
      return startsWith(bytes, at, source)
    case letterD: {
      // `data-agent-task-plan` matters, also where its first letter is written as an escape.
      const next = bytes[at + dataPart.length]
      return startsWith(bytes, at, dataPart) && next !== letterA && next !== backslash
    }
    default:
      return false
  }
}

/** Four bytes as a number. No DataView, whose making costs as much as a whole event. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text[index]) return false
  }
  return true
}

function skipSpaces(bytes: Uint8Array, from: number): number {
  let index = from
  while (bytes[index] === 32 || bytes[index] === 9) index++
  return index
}
