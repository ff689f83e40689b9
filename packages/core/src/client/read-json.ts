/** The value of a JSON text, `undefined` if it is none. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The fields of a JSON object; of anything else none that it has itself. */
export function readJsonFields(text: string): Readonly<Record<string, unknown>> {
  return Object(readJson(text))
}
