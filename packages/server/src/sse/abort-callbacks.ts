/** The signal and the `onAbort` callbacks of one stream (SSE-8). */
export interface AbortCallbacks {
  readonly signal: AbortSignal
  readonly add: (callback: () => void | Promise<void>) => () => void
  /** True while a callback waits. */
  readonly isAwaited: () => boolean
  /** Aborts the signal, then runs the callbacks in their order. Only the first of `abort` and `forget` counts. */
  readonly abort: (reason: unknown) => void
  /** The stream has ended without an abort: the callbacks never run. */
  readonly forget: () => void
}

/** `onFailure` hears what a callback throws or rejects with; the others run all the same. */
export function createAbortCallbacks(onFailure: (error: unknown) => void): AbortCallbacks {
  const controller = new AbortController()
  let waiting: Set<{ readonly callback: () => void | Promise<void> }> | undefined = new Set()

  /** Never rejects. */
  async function run(callback: () => void | Promise<void>): Promise<void> {
    try {
      await callback()
    } catch (error) {
      onFailure(error)
    }
  }

  return {
    signal: controller.signal,
    add: (callback) => {
      const entry = { callback }
      if (waiting !== undefined) {
        const entries = waiting
        entries.add(entry)
        return () => void entries.delete(entry)
      }
      let isUndone = !controller.signal.aborted
      queueMicrotask(() => {
        if (!isUndone) void run(callback)
      })
      return () => {
        isUndone = true
      }
    },
    isAwaited: () => waiting !== undefined && waiting.size > 0,
    abort: (reason) => {
      if (waiting === undefined) return
      const entries = waiting
      waiting = undefined
      controller.abort(reason)
      // One that an earlier one has undone is gone from the set by then.
      for (const { callback } of entries) void run(callback)
    },
    forget: () => {
      waiting = undefined
    },
  }
}
