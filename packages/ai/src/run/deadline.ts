/** The time limit and the caller's signal of one call, as one signal. */
export interface Deadline {
  /** To be handed to the SDK. `undefined` when nothing can end the call early. */
  readonly signal: AbortSignal | undefined
  /**
   * Settles as `work` does, or rejects with the signal's reason the moment it is aborted, even if `work` never settles.
   * What `work` comes to after that is swallowed.
   */
  readonly race: <T>(work: Promise<T>) => Promise<T>
  /** Stops the timer and leaves the caller's signal alone. Safe to call again. */
  readonly clear: () => void
}

/**
 * Limits a whole call, because the SDK's own `timeout` only aborts and then waits for a model or a tool that ignores it
 * (AI-67, AI-80). After `timeoutMs` the reason is a `TimeoutError` that names the limit; an abort by the caller passes
 * its reason on.
 */
export function startDeadline(
  caller: string,
  {
    timeoutMs,
    abortSignal,
  }: { readonly timeoutMs?: number | undefined; readonly abortSignal?: AbortSignal | undefined },
): Deadline {
  if (timeoutMs === undefined && abortSignal === undefined) {
    return { signal: undefined, race: (work) => work, clear: () => {} }
  }
  const controller = new AbortController()
  const { signal } = controller
  const timer = timeoutMs === undefined ? undefined : setTimeout(expire, timeoutMs)
  abortSignal?.addEventListener('abort', passOn, { once: true })
  if (abortSignal?.aborted) passOn()

  function expire(): void {
    controller.abort(new DOMException(`${caller}(): not done after timeoutMs ${timeoutMs}`, 'TimeoutError'))
  }

  function passOn(): void {
    clear()
    controller.abort(abortSignal?.reason)
  }

  function clear(): void {
    clearTimeout(timer)
    abortSignal?.removeEventListener('abort', passOn)
  }

  function race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(signal.reason)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
      work.then(resolve, reject)
    })
  }

  return { signal, race, clear }
}
