/** Longest label, in UTF-16 units, the `…` of a cut one included (INJ-82). */
export const TASK_PLAN_LABEL_MAX_CHARS = 80

const detailMaxChars = 160
// Far more than is ever shown: what a mapper gives may be a whole document.
const inspectedChars = 2_000

/** Text as a label shows it; `''` if nothing visible is left. */
export function toLabel(text: string): string {
  return toPlanText(text, TASK_PLAN_LABEL_MAX_CHARS)
}

/** Text as a detail shows it; `''` if nothing visible is left. */
export function toDetail(text: string): string {
  return toPlanText(text, detailMaxChars)
}

/** The first `maxChars` UTF-16 units, without half a character at the end. */
export function cutChars(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, '')
}

// Invisible characters, but for those that shape the character before them or, the joiners, the ones around them.
const invisible =
  /(?!\p{Join_Control}|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}|[\uFFF9-\uFFFB]/gu
const strayJoiner =
  /(?<![\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\p{Join_Control}+|\p{Join_Control}+(?![\p{L}\p{M}\p{Extended_Pictographic}])/gu

function toPlanText(text: string, maxChars: number): string {
  const clean = cutChars(text, inspectedChars)
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .replace(invisible, '')
    .replace(strayJoiner, '')
    .normalize('NFC')
    .replace(/\s+/g, ' ')
    .trim()
  return clean.length <= maxChars ? clean : cutGraphemes(clean, maxChars - 1)
}

function cutGraphemes(text: string, maxChars: number): string {
  let end = 0
  for (const { index, segment } of new Intl.Segmenter('und').segment(text)) {
    if (index + segment.length > maxChars) break
    end = index + segment.length
  }
  return `${text.slice(0, end).trimEnd()}…`
}
