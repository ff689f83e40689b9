const maxSegmentLength = 128
/** The longest key, in characters (ENT-3). */
const maxKeyLength = 512

/** What a text may be: `a:b:`, `id`, `a:b:id`, `a:b:id/id`. */
export type KeyForm = 'scope' | 'id' | 'key' | 'task-key'

const isSegmentCode = new Uint8Array(128)
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-') {
  isSegmentCode[char.charCodeAt(0)] = 1
}

/**
 * True if `text` has that form: segments of 1 to 128 characters out of `A-Z a-z 0-9 _ . ~ -`, at most 512 characters
 * together. One pass over the characters: a pattern with counted repeats costs five times as much, at each commit.
 */
export function hasKeyForm(form: KeyForm, text: unknown): text is string {
  // Keys come from programs and requests, whatever their types say.
  if (typeof text !== 'string' || text.length > maxKeyLength) return false
  let segmentLength = 0
  let slashes = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isSegmentCode[code] === 1) {
      if (++segmentLength > maxSegmentLength) return false
      continue
    }
    const isColon = code === 58 && form !== 'id' && slashes === 0
    const isSlash = code === 47 && form === 'task-key' && slashes === 0
    if (segmentLength === 0 || !(isColon || isSlash)) return false
    if (isSlash) slashes = 1
    segmentLength = 0
  }
  if (form === 'scope') return segmentLength === 0
  return segmentLength > 0 && slashes === (form === 'task-key' ? 1 : 0)
}

/** The rule in words, for error messages. */
export const keyRule =
  'segments and ids of 1 to 128 characters out of A-Z a-z 0-9 _ . ~ -, at most 512 together'

/** The offending text as an error message shows it: quoted, and cut when it is long. */
export function quoted(text: unknown): string {
  if (typeof text !== 'string') return `a value of type ${text === null ? 'null' : typeof text}`
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
