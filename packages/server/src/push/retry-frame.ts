/** How long to wait before reconnecting, in milliseconds, and nothing else. */
export function retryFrame(retryMs: number): string {
  return `retry: ${retryMs}\n\n`
}
