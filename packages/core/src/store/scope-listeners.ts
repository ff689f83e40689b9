import type { ChangeBatch, CruxRecord } from './crux-store.ts'
import { cursorEpoch } from './cursor.ts'

/** A stretch of positions as one scope sees it: all that changed above `from`, up to `upTo`. Shared by listeners. */
export interface LiveBatch {
  readonly from: number
  readonly upTo: number
  readonly batch: ChangeBatch
}

/** Hears what changed in one scope; `undefined` when everything starts over (STO-12). */
export type LiveListener = (live: LiveBatch | undefined) => void

/** Who listens to which scope of one store. */
export interface ScopeListeners {
  /** How many listeners there are. */
  readonly count: () => number
  /** Gives an idempotent undo. */
  readonly add: (scope: string, listener: LiveListener) => () => void
  /** True if somebody would hear of a change of that key. */
  readonly hears: (key: string) => boolean
  /** Hands out records, by position, that lie above `from` and reach `upTo`. */
  readonly publish: (epoch: string, records: readonly CruxRecord[], from: number, upTo: number) => void
  readonly restart: () => void
}

/** One scope that somebody listens to. */
interface Audience {
  readonly listeners: Set<LiveListener>
  readonly scope: string
  cursorEpoch: { readonly of: string; readonly text: string } | undefined
}

/**
 * Listeners by scope: a change costs as much as its key has scopes, however many listen elsewhere (LIVE-18), and all
 * listeners of a scope share one batch. A listener that throws is reported by `onError` and disturbs nobody (STO-8).
 */
export function createScopeListeners(onError: (error: unknown) => void): ScopeListeners {
  const audiences = new Map<string, Audience>()
  let count = 0

  const tell = (audience: Audience, live: LiveBatch | undefined) => {
    // A copy, because a listener may add or remove listeners.
    const listeners = [...audience.listeners]
    for (const listener of listeners) {
      try {
        listener(live)
      } catch (error) {
        onError(error)
      }
    }
  }

  const cursorAt = (audience: Audience, epoch: string, seq: number) => {
    if (audience.cursorEpoch?.of !== epoch) {
      audience.cursorEpoch = { of: epoch, text: cursorEpoch(epoch, audience.scope) }
    }
    return `${audience.cursorEpoch.text}.${seq}`
  }

  const hand = (
    audience: Audience,
    epoch: string,
    records: readonly CruxRecord[],
    from: number,
    upTo: number,
  ) => {
    const batch = { changes: Object.freeze(records), cursor: cursorAt(audience, epoch, upTo) }
    tell(audience, { from, upTo, batch: Object.freeze(batch) })
  }

  const groupByAudience = (records: readonly CruxRecord[]) => {
    const groups = new Map<Audience, CruxRecord[]>()
    for (const record of records) {
      for (const scope of innerScopesOf(record.key)) {
        const audience = audiences.get(scope)
        if (audience === undefined) continue
        const group = groups.get(audience)
        if (group === undefined) groups.set(audience, [record])
        else group.push(record)
      }
    }
    return groups
  }

  return {
    count: () => count,
    add: (scope, listener) => {
      const audience = audiences.get(scope) ?? { listeners: new Set(), scope, cursorEpoch: undefined }
      audiences.set(scope, audience)
      audience.listeners.add(listener)
      count++
      return () => {
        if (!audience.listeners.delete(listener)) return
        count--
        if (audience.listeners.size === 0) audiences.delete(scope)
      }
    },
    hears: (key) => audiences.has('') || innerScopesOf(key).some((scope) => audiences.has(scope)),
    publish: (epoch, records, from, upTo) => {
      if (records.length === 0) return
      // Who listens to the whole store gets all as it is; often nobody else listens.
      const whole = audiences.get('')
      const others = audiences.size > (whole === undefined ? 0 : 1) ? groupByAudience(records) : []
      if (whole !== undefined) hand(whole, epoch, records, from, upTo)
      for (const [audience, changes] of others) hand(audience, epoch, changes, from, upTo)
    },
    restart: () => {
      const present = [...audiences.values()]
      for (const audience of present) tell(audience, undefined)
    },
  }
}

/** Every scope that a key lies in but the whole store, from the outside inwards: `a:`, `a:b:` for `a:b:id`. */
function innerScopesOf(key: string): readonly string[] {
  const scopes: string[] = []
  for (let at = key.indexOf(':'); at !== -1; at = key.indexOf(':', at + 1)) scopes.push(key.slice(0, at + 1))
  return scopes
}
