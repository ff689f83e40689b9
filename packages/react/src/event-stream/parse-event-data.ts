/** JSON if it begins with `{` or `[` and parses, else the text; so `"123"` stays a string (SSE-44). */
export function parseEventData(text: string): unknown {
  if (!text.startsWith('{') && !text.startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
