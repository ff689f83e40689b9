/** Ends one sequential piece of work from outside, wherever it waits. */
export interface Stopper {
  readonly stop: () => void
  /** Waits for `work`; rejects with `stopped` as soon as `stop` is called, or at once if it was. */
  readonly until: <T>(work: Promise<T>) => Promise<T>
  readonly sleep: (ms: number) => Promise<void>
}

/** What a stopped wait rejects with. */
export const stopped = new Error('stopped')

/** A stopper of work that waits for one thing at a time. */
export function createStopper(): Stopper {
  let isStopped = false
  let onStop = () => {}

  // No Promise.race with one long-lived promise: that would keep every promise it ever raced.
  const until = <T>(work: Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      onStop = () => reject(stopped)
      if (isStopped) onStop()
      work.then(resolve, reject)
    })

  return {
    stop: () => {
      isStopped = true
      onStop()
    },
    until,
    sleep: async (ms) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      try {
        await until(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))))
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
