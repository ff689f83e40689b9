/** What an attempt came to: an answer, a failure, or both for a stream whose first content is its error. */
export interface Outcome<Answer> {
  readonly answer?: Answer
  readonly failure?: { readonly error: unknown }
}

/**
 * Asks once. The attempt is left, as a failure, when `timeoutMs` have passed or the caller's signal aborts, whether or
 * not what was asked heeds the signal it is given; what it gives later goes to `drop`. Never rejects.
 */
export async function withinLimit<Answer>(
  ask: (signal: AbortSignal | undefined) => Promise<Outcome<Answer>>,
  {
    signal: callerSignal,
    timeoutMs,
    modelId,
    drop,
  }: {
    readonly signal: AbortSignal | undefined
    readonly timeoutMs: number | undefined
    readonly modelId: string
    readonly drop: (late: Answer) => void
  },
): Promise<Outcome<Answer>> {
  const limit = new AbortController()
  const signal =
    timeoutMs === undefined
      ? callerSignal
      : AbortSignal.any([limit.signal, ...(callerSignal ? [callerSignal] : [])])
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs)
  function expire() {
    const message = `fallback(): model "${modelId}" gave no answer within ${timeoutMs} ms`
    limit.abort(new DOMException(message, 'TimeoutError'))
  }

  let leave = () => {}
  const left = new Promise<Outcome<Answer>>((resolve) => {
    leave = () => resolve({ failure: { error: signal?.reason } })
  })
  signal?.addEventListener('abort', leave, { once: true })
  const asked = ask(signal).catch((error: unknown): Outcome<Answer> => ({ failure: { error } }))
  const outcome = await Promise.race([asked, left])
  clearTimeout(timer)
  signal?.removeEventListener('abort', leave)
  void asked.then((late) => {
    if (late !== outcome && late.answer !== undefined) drop(late.answer)
  })
  return outcome
}
