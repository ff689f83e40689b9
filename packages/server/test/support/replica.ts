import type { CruxStore } from '@crux/core'
import { isPart, type Frame, type SentPart } from './read-frames.ts'

/** What a client knows of an entity. */
export interface Known {
  readonly revision: number
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * A client by the book: gathers until `ready`, then applies batch by batch, each at its id (LIVE-11); keeps the cursor
 * of what it has applied. Throws on whatever the protocol rules out.
 */
export function createReplica() {
  const state = new Map<string, Known>()
  const rendered: string[] = []
  let waiting: SentPart[] = []
  let isReset = false
  let isOpening = true
  let cursor = ''
  let isReady = false

  const apply = () => {
    if (isReset) state.clear()
    isReset = false
    for (const { entity, key, value, revision } of waiting) {
      const ref = `${entity} ${key}`
      if (revision <= (state.get(ref)?.revision ?? 0)) continue
      state.set(ref, { revision, value })
      rendered.push(`${ref} ${revision}`)
    }
    waiting = []
  }

  return {
    state,
    /** Every value that was shown, in order: entity, key and revision. */
    rendered,
    cursor: () => cursor,
    isReady: () => isReady,
    /** A connection begins. */
    connect: () => {
      waiting = []
      isReset = false
      isOpening = true
    },
    take: ({ event, id, data }: Frame) => {
      if (event === 'data-crux') {
        if (!isPart(data)) throw new Error('A change without a part.')
        waiting.push(data)
        if (id !== undefined && isOpening && isReset) throw new Error('An id inside a snapshot.')
        if (id !== undefined) cursor = id
        if (id !== undefined && !isOpening) apply()
        return
      }
      if (event !== 'crux-sync') return
      if (typeof data !== 'object' || data === null || !('phase' in data))
        throw new Error('A sync without a phase.')
      if (data.phase === 'reset') {
        waiting = []
        isReset = true
        isOpening = true
      } else {
        if (waiting.length > 0 && !isOpening) throw new Error('ready inside a batch.')
        isOpening = false
        isReady = true
        apply()
        if (id !== undefined) cursor = id
      }
    },
  }
}

/** What is to be seen of a replica: without removed entities. */
export function seen(state: ReadonlyMap<string, Known>): Record<string, Known> {
  return Object.fromEntries([...state].filter(([, { value }]) => !('removedAt' in value)))
}

/** The same, of a store. */
export async function held(store: CruxStore): Promise<Record<string, Known>> {
  const state = new Map<string, Known>()
  let after: string | undefined
  do {
    const page = await store.list({ limit: 500, ...(after !== undefined && { after }) })
    for (const { entity, key, revision, value } of page.records) {
      state.set(`${entity} ${key}`, { revision, value: { ...value } })
    }
    after = page.next
  } while (after !== undefined)
  return seen(state)
}
