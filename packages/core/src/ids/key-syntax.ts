/** The longest key, in characters (ENT-3). */
export const maxKeyLength = 512

/** The offending text as an error message shows it: quoted, and cut when it is long. */
export function quoted(text: unknown): string {
  if (typeof text !== 'string') return `a value of type ${text === null ? 'null' : typeof text}`
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
