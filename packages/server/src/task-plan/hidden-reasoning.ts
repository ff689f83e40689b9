import { reasoningNames, reasoningOpenings } from './hidden-reasoning-phrases.ts'

// Far more than a plan ever shows.
const inspectedChars = 2_000

const thinkingNames =
  'think thinking thought thoughts reasoning scratchpad innermonologue chainofthought'.split(' ')
const inAnyDelimiter = new Set(thinkingNames)
const inSquareBrackets = new Set([...thinkingNames, 'cot'])
const inAngleBrackets = new Set([
  ...inSquareBrackets,
  ...'reflection monologue analysis commentary channel internal system assistant imstart imend'.split(' '),
])

/** What opens, what closes, and the words that are refused inside. `<` needs no end. */
const delimiters: readonly (readonly [RegExp, ReadonlySet<string>])[] = [
  [/<([^<>]*)/g, inAngleBrackets],
  [/‹([^‹›]*)›/g, inAngleBrackets],
  [/\[([^[\]]*)\]/g, inSquareBrackets],
  [/\{([^{}]*)\}/g, inAnyDelimiter],
  [/\(([^()]*)\)/g, inAnyDelimiter],
  [/【([^【】]*)】/g, inAnyDelimiter],
  [/「([^「」]*)」/g, inAnyDelimiter],
]

const secretThought = String.raw`(?:internal|inner|private|hidden|secret)[^\p{L}\p{N}]*(?:reasoning|thoughts?|thinking|monologue)`
const anywhere: readonly RegExp[] = [
  /chain[^\p{L}\p{N}]*of[^\p{L}\p{N}]*thoughts?/u,
  /scratch[^\p{L}\p{N}]*pad/u,
  // A hyphen or a slash goes on with the same expression: `hidden-reasoning-fees`.
  new RegExp(
    String.raw`(?<!\p{L})${secretThought}(?=\s*$|\s*(?![-_/])\p{P}|\s+(?:-|is\b|was\b|says\b|follows\b))`,
    'u',
  ),
  new RegExp(String.raw`(?<!\p{L})(?:my|your|the model['’]?s)\s+${secretThought}(?!\p{L})`, 'u'),
]

const atStart: readonly RegExp[] = [
  /^(?:my\s+)?(?:reasoning|thoughts?|thinking)\s*:/,
  /^let\s+me\s+think\b/,
  /^i\s+(?:should|need\s+to|must)\s+(?:think|consider)\b/,
  /^the\s+user\s+(?:wants|is\s+asking|asked)\b/,
  /^hmm+\s*(?:[,.…]|$)/,
  /^wait,\s*(?:that|i|let|actually|no)\b/,
]

/**
 * True for text that looks like a model's hidden reasoning: tags such as `<think>` in any disguise, phrases such as
 * `chain of thought`, openings such as `Let me think`, also in other languages (INJ-84). It lowers the risk that
 * reasoning is shown; it cannot remove it.
 */
export function isHiddenReasoning(text: string): boolean {
  const plain = toPlainForm(text)
  const latin = toLatinForm(plain)
  const start = latin.replace(/^[^\p{L}\p{N}]+/u, '')
  return (
    delimiters.some(([pattern, words]) => hasDelimited(latin, pattern, words)) ||
    anywhere.some((pattern) => pattern.test(latin)) ||
    atStart.some((pattern) => pattern.test(start)) ||
    names.some((name) => plain.includes(name)) ||
    openings.some((opening) => plain.replace(/^[^\p{L}\p{N}]+/u, '').startsWith(opening))
  )
}

function hasDelimited(text: string, pattern: RegExp, words: ReadonlySet<string>): boolean {
  for (const [, inside = ''] of text.matchAll(pattern)) {
    // `antml:thinking`: what stands before the colon is a namespace, or it is the word itself.
    for (const part of [inside, inside.slice(inside.lastIndexOf(':') + 1)]) {
      const firstWord = /\p{L}+/u.exec(part)?.[0] ?? ''
      if (words.has(firstWord) || words.has(part.replace(/[^\p{L}]/gu, ''))) return true
    }
  }
  return false
}

/** Undoes what hides a word from a search and not from a reader. */
function toPlainForm(text: string): string {
  return decodeEscapes(decodeEscapes(text.slice(0, inspectedChars)).normalize('NFKC'))
    .normalize('NFKD')
    .replace(/[\p{Default_Ignorable_Code_Point}\p{M}]/gu, '')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  lbrack: '[',
  rbrack: ']',
  lsqb: '[',
  rsqb: ']',
  lcub: '{',
  rcub: '}',
  lpar: '(',
  rpar: ')',
}

function decodeEscapes(text: string): string {
  return text
    .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => fromCode(hex, 16))
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_, hex: string) => fromCode(hex, 16))
    .replace(/&#([0-9]{1,7});?/g, (_, digits: string) => fromCode(digits, 10))
    .replace(/&([a-z]{2,6});?/gi, (whole, name: string) => entities[name.toLowerCase()] ?? whole)
}

function fromCode(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix)
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

const latinOf: ReadonlyMap<string, string> = /* @__PURE__ */ (() => {
  const alike = 'аaвbеeкkмmнhоoрpсcтtуyхxіiјjѕsһhԁdԛqԝwӏlгrпnαaβbγyεeηnιiκkνvοoρpτtυuχxωwϲcıiɑaɡg'
  const pairs: [string, string][] = []
  for (let index = 0; index < alike.length; index += 2)
    pairs.push([alike.charAt(index), alike.charAt(index + 1)])
  return new Map(pairs)
})()

/** Cyrillic and Greek letters that look like Latin ones, as those. */
function toLatinForm(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, (letter) => latinOf.get(letter) ?? letter)
}

const names = /* @__PURE__ */ reasoningNames.map(toPlainForm)
const openings = /* @__PURE__ */ reasoningOpenings.map(toPlainForm)
