/**
 * The texts to try as JSON, best first (AI-33): the answer as it is, trimmed, the inside of its first code fence, its
 * first object or array, and those without trailing commas. Lazy, and each text once.
 *
 * Only syntax around the answer is mended. What is cut off stays cut off: the search for an object begins at the first
 * bracket and never at one inside it, so that no part is taken for the whole.
 */
export function* jsonCandidates(text: string): Generator<string> {
  const seen = new Set<string>()
  const inside = [text, text.trim(), insideFence(text), firstBalanced(text)].filter(
    (part) => part !== undefined,
  )
  for (const candidate of [...inside, ...inside.toReversed().map(withoutTrailingCommas)]) {
    if (seen.has(candidate)) continue
    seen.add(candidate)
    yield candidate
  }
}

/** Line by line, so that an answer full of fences costs no more than its length. */
function insideFence(text: string): string | undefined {
  const lines = text.split('\n')
  const fences = lines.flatMap((line, index) => (line.trimStart().startsWith('```') ? [index] : []))
  const [opening = 0, closing] = fences
  return closing === undefined ? undefined : lines.slice(opening + 1, closing).join('\n')
}

function firstBalanced(text: string): string | undefined {
  const start = text.search(/[[{]/)
  if (start < 0) return undefined
  let depth = 0
  for (const { char, index } of outsideStrings(text, start)) {
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    // Whether the brackets match is for the parser to say.
    if (depth === 0) return text.slice(start, index + 1)
  }
  return undefined
}

function withoutTrailingCommas(text: string): string {
  const pieces: string[] = []
  let from = 0
  let comma = -1
  for (const { char, index } of outsideStrings(text, 0)) {
    if (char === ',') comma = index
    else if ((char === '}' || char === ']') && comma >= 0) {
      pieces.push(text.slice(from, comma))
      from = comma + 1
      comma = -1
    } else if (char.trim() !== '') comma = -1
  }
  return pieces.join('') + text.slice(from)
}

/** The characters that are not inside a JSON string; of a string only its opening quote. */
function* outsideStrings(text: string, start: number): Generator<{ char: string; index: number }> {
  let isInString = false
  for (let index = start; index < text.length; index++) {
    const char = text.charAt(index)
    if (!isInString) {
      yield { char, index }
      isInString = char === '"'
    } else if (char === '\\') index++
    else if (char === '"') isInString = false
  }
}
