/** Runs jobs of one key one after another, jobs of different keys side by side. */
export interface KeyedQueue {
  readonly run: <T>(key: string, job: () => Promise<T>) => Promise<T>
}

/** A queue that keeps nothing of a key once its last job has ended. */
export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>()
  return {
    run: (key, job) => {
      const before = tails.get(key)
      const result = before === undefined ? job() : before.then(job)
      const tail = result.then(
        () => {},
        () => {},
      )
      tails.set(key, tail)
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key)
      })
      return result
    },
  }
}
