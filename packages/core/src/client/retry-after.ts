/** What a `Retry-After` header asks for, in milliseconds from now, at most 10 minutes; 0 without a usable one. */
export function retryAfterMs(header: string | null): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  // A text that is no date gives NaN.
  return ms > 0 ? Math.min(ms, 600_000) : 0
}
