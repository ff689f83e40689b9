/** A chunk as one event of an SSE body: `data: <JSON>` and a blank line. JSON has no line ends of its own. */
export function formatSseEvent(chunk: unknown): string {
  return `data: ${JSON.stringify(chunk)}\n\n`
}
