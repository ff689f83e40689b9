/** A lock of which one of all tabs of an origin holds at most one, and the others wait in a queue (Web Locks). */
export interface TabLock {
  /** Joins the queue; does nothing while in it or at its head. */
  readonly queue: () => void
  /** Leaves the queue, or gives the lock up. */
  readonly leave: () => void
  /** Gives the lock up once nobody waits for it any more, at the latest after 5 s. */
  readonly leaveWhenAlone: () => void
  readonly isHeld: () => boolean
}

const lookEveryMs = 50
const looks = 100

/** `onHeld` is called each time this tab comes to hold the lock, and where the browser refuses to give one. */
export function createTabLock(locks: LockManager, name: string, onHeld: () => void): TabLock {
  let place: AbortController | undefined
  let release: (() => void) | undefined

  function queue() {
    if (place) return
    const own = new AbortController()
    place = own
    const hold = () =>
      new Promise<void>((resolve) => {
        if (own.signal.aborted) return resolve()
        release = resolve
        onHeld()
      })
    locks.request(name, { signal: own.signal }, hold).catch(() => {
      // Such as a document that may store nothing: then each tab is on its own.
      if (!own.signal.aborted) void hold()
    })
  }

  function leave() {
    place?.abort()
    place = undefined
    release?.()
    release = undefined
  }

  async function lookAround(own: AbortController, left: number) {
    // Where this cannot be asked, nobody waits.
    const { pending } = await locks.query().catch((): LockManagerSnapshot => ({}))
    if (own.signal.aborted) return
    if (left > 0 && pending?.some((request) => request.name === name))
      setTimeout(() => void lookAround(own, left - 1), lookEveryMs)
    else leave()
  }

  return {
    queue,
    leave,
    leaveWhenAlone() {
      if (place) void lookAround(place, looks)
    },
    isHeld: () => release !== undefined,
  }
}
