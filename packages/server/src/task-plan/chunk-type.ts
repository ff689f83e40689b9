const quote = 34
const colon = 58
const backslash = 92
const letterA = 97
const letterU = 117
const openBrace = 123

const ascii = (text: string) => new TextEncoder().encode(text)
const typeKey = ascii('"type"')
const inputDelta = ascii('tool-input-delta"')
const dataPart = ascii('data-')

/** How types begin that no plan depends on. What begins otherwise is looked at, also if it is not known. */
const irrelevantTypes = ['text-d', 'text-e', 'reasoning-d', 'reasoning-e', 'source-'].map(ascii)

/**
 * True if the JSON text in this range is a chunk that no plan depends on, as far as can be seen without parsing it
 * (INJ-103): its first field is such a `type`, or every `type` in it is one. `withDeltas`: deltas of tool input matter
 * too.
 */
export function isIrrelevantChunk(bytes: Uint8Array, from: number, to: number, withDeltas: boolean): boolean {
  const opening = skipSpaces(bytes, from)
  if (bytes[opening] !== openBrace) return false
  const first = skipSpaces(bytes, opening + 1)
  if (startsWith(bytes, first, typeKey)) return isIrrelevantType(bytes, first + typeKey.length, withDeltas)

  // `type` stands somewhere else. Inside a text its quotes would be escaped; as a name it might be written in escapes.
  let found = 0
  for (let index = first; index < to; index++) {
    if (bytes[index] === backslash && bytes[index + 1] === letterU) return false
    if (bytes[index] !== quote || !startsWith(bytes, index, typeKey)) continue
    if (!isIrrelevantType(bytes, index + typeKey.length, withDeltas)) return false
    found++
  }
  return found > 0
}

/** Whether what follows the key `"type"` is a colon and an irrelevant type. */
function isIrrelevantType(bytes: Uint8Array, afterKey: number, withDeltas: boolean): boolean {
  const separator = skipSpaces(bytes, afterKey)
  if (bytes[separator] !== colon) return false
  const opening = skipSpaces(bytes, separator + 1)
  if (bytes[opening] !== quote) return false
  const at = opening + 1
  if (startsWith(bytes, at, inputDelta)) return !withDeltas
  if (startsWith(bytes, at, dataPart)) {
    // `data-agent-task-plan` matters, also where its first letter is written as an escape.
    const next = bytes[at + dataPart.length]
    return next !== letterA && next !== backslash
  }
  return irrelevantTypes.some((type) => startsWith(bytes, at, type))
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
