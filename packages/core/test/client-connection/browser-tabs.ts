import { vi } from 'vitest'

/**
 * The tabs of one browser, as far as Web Locks and BroadcastChannel are concerned: both standards in a few lines, each
 * tab seeing only its own end of them. What happens between tabs happens in tasks, and `random` decides which of those
 * that are due comes next: the order that the standards promise is that of messages from one channel to another, and
 * that of the queue of a lock.
 */
export function openBrowser(random: () => number = () => 0) {
  const lanes = new Map<string, (() => void)[]>()
  const channels = new Set<Channel>()
  const requests: LockRequest[] = []
  const deaf = new Set<number>()
  const said: unknown[] = []
  const slow = new Map<string, (() => void)[]>()
  let tabs = 0
  let ids = 0

  function schedule(lane: string, task: () => void) {
    lanes.set(lane, [...(lanes.get(lane) ?? []), task])
    setImmediate(() => {
      const due = [...lanes].filter(([, tasks]) => tasks.length > 0)
      due[Math.floor(random() * due.length)]?.[1].shift()?.()
    })
  }

  interface LockRequest {
    readonly tab: number
    readonly name: string
    readonly callback: (lock: { readonly name: string }) => unknown
    readonly settle: (result: Promise<unknown>) => void
    isHeld: boolean
  }

  function remove(request: LockRequest) {
    const index = requests.indexOf(request)
    if (index >= 0) requests.splice(index, 1)
    grant(request.name)
  }

  function grant(name: string) {
    schedule('locks', () => {
      const [first] = requests.filter((request) => request.name === name)
      if (!first || first.isHeld) return
      first.isHeld = true
      // It is given before its holder hears of it, who may not want it any more by then.
      schedule('holders', () => {
        const result = Promise.resolve(first.callback({ name }))
        first.settle(result)
        result.then(
          () => remove(first),
          () => remove(first),
        )
      })
    })
  }

  class Channel {
    readonly id = ids++
    onmessage: ((event: { readonly data: unknown }) => void) | null = null
    isClosed = false
    readonly name: string
    readonly tab: number
    constructor(name: string, tab: number) {
      this.name = name
      this.tab = tab
      channels.add(this)
    }
    postMessage(message: unknown) {
      if (this.isClosed) throw new DOMException('The channel is closed.', 'InvalidStateError')
      said.push(message)
      for (const other of channels) {
        if (other === this || other.name !== this.name) continue
        const data: unknown = structuredClone(message)
        const deliver = () =>
          schedule(`${this.id} to ${other.id}`, () => {
            if (!other.isClosed && !deaf.has(other.tab)) other.onmessage?.({ data })
          })
        const late = slow.get(`${this.tab} to ${other.tab}`)
        if (late) late.push(deliver)
        else deliver()
      }
    }
    close() {
      this.isClosed = true
      channels.delete(this)
    }
  }

  return {
    /** Keeps what one tab says to another on its way until the undo. */
    slowDown: (from: { readonly id: number }, to: { readonly id: number }) => {
      const way = `${from.id} to ${to.id}`
      const late: (() => void)[] = []
      slow.set(way, late)
      return () => {
        slow.delete(way)
        for (const deliver of late) deliver()
      }
    },
    /** Every message so far. */
    said,
    /** Who holds a lock and who waits for one, by name. */
    locks: () => requests.map(({ name, isHeld, tab }) => ({ name, isHeld, tab })),
    openTab: () => {
      const tab = tabs++
      const gone = new AbortController()
      let hasAsked = false
      const locks = {
        async request(name: string, { signal }: { signal: AbortSignal }, callback: LockRequest['callback']) {
          hasAsked = true
          return new Promise((settle, reject) => {
            const request: LockRequest = { tab, name, callback, settle, isHeld: false }
            requests.push(request)
            signal.addEventListener('abort', () => {
              if (request.isHeld) return
              remove(request)
              reject(signal.reason)
            })
            grant(name)
          })
        },
        query: async () => ({
          held: requests.filter(({ isHeld }) => isHeld).map(({ name }) => ({ name, mode: 'exclusive' })),
          pending: requests.filter(({ isHeld }) => !isHeld).map(({ name }) => ({ name, mode: 'exclusive' })),
        }),
      }
      return {
        id: tab,
        /** Aborted when the tab is gone. */
        signal: gone.signal,
        /** Whether something of this tab has asked for a lock. */
        hasAsked: () => hasAsked,
        /** What runs from now on runs in this tab. */
        enter: () => {
          vi.stubGlobal('navigator', { locks })
          vi.stubGlobal(
            'BroadcastChannel',
            class extends Channel {
              constructor(name: string) {
                super(name, tab)
              }
            },
          )
        },
        /** Whether messages to this tab are lost, as for a page that a browser has put aside. */
        setDeaf: (isDeaf: boolean) => void (isDeaf ? deaf.add(tab) : deaf.delete(tab)),
        /** As when its process dies: nobody in it is told. */
        crash: () => {
          gone.abort()
          for (const channel of channels) {
            if (channel.tab !== tab) continue
            channel.close()
            // Its code does not run any more; here it does, unheard.
            channel.postMessage = () => {}
          }
          for (const request of requests.filter((each) => each.tab === tab)) remove(request)
        },
      }
    },
  }
}
