import type { CruxRecord, EntityName } from '@crux/core'
import { hashText } from './hash-text.ts'

/** Changes that travel together, and the position at which the last of their commits ends. */
export interface Batch {
  readonly changes: readonly CruxRecord[]
  readonly position: number
}

/** The progress window of one scope (D8). */
export interface ProgressWindow {
  /** Takes a batch; what is to be sent now, with everything that waited, or `undefined` if it waits. */
  readonly take: (batch: Batch) => Batch | undefined
  /** What waits, to be sent now; `undefined` if nothing does. */
  readonly flush: () => Batch | undefined
  readonly close: () => void
}

/** How many tasks' meanings are remembered per scope; the progress of a task beyond them is not held back. */
const maxRemembered = 10_000

/**
 * Progress may wait, meaning may not (D8). A change that touches nothing but a task's progress is sent at once and
 * opens the window; further ones wait in it, the newest of each task only, until it ends or until any other change
 * comes. Then everything that waits leaves together, so that nothing overtakes.
 *
 *     p1 ───────── p2 p3 ──────┐          p4 ── completed
 *     │  window    wait wait   │  window  wait  │
 *     sent                     sent: p3         sent together, p4 only if it is of another task
 */
export function createProgressWindow(windowMs: number, release: (batch: Batch) => void): ProgressWindow {
  const meanings = new Map<string, string>()
  const waiting = new Map<string, CruxRecord>()
  let waitingPosition = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function open(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = undefined
      const batch = flush()
      if (batch === undefined) return
      open()
      release(batch)
    }, windowMs)
  }

  function flush(): Batch | undefined {
    if (waiting.size === 0) return undefined
    const batch = { changes: [...waiting.values()], position: waitingPosition }
    waiting.clear()
    return batch
  }

  /** True if nothing but progress differs from the task's last change. Remembers what it means now. */
  function isProgress(record: CruxRecord): boolean {
    if (record.entity !== 'task' || record.event === 'added') return false
    if (record.event !== 'updated' || record.value.endedAt !== undefined) {
      meanings.delete(record.key)
      return false
    }
    const { progress: _progress, percent: _percent, usage: _usage, updatedAt: _at, ...meaning } = record.value
    const now = hashText(JSON.stringify(meaning))
    const before = meanings.get(record.key)
    if (before === now) return true
    if (before === undefined && meanings.size >= maxRemembered) {
      const [oldest] = meanings.keys()
      if (oldest !== undefined) meanings.delete(oldest)
    }
    meanings.set(record.key, now)
    return false
  }

  return {
    take: (batch) => {
      if (windowMs === 0) return batch
      // Each is looked at, since each is remembered.
      const isOnlyProgress = batch.changes.map(isProgress).every(Boolean)
      if (isOnlyProgress && timer !== undefined) {
        for (const record of batch.changes) {
          // Anew, so that what waits stays in the order of its positions.
          waiting.delete(record.key)
          waiting.set(record.key, record)
        }
        waitingPosition = batch.position
        return undefined
      }
      const overtaken = flush()?.changes ?? []
      if (isOnlyProgress || overtaken.length > 0) open()
      if (overtaken.length === 0) return batch
      const newer = new Set(batch.changes.map(refOf))
      return {
        changes: [...overtaken.filter((record) => !newer.has(refOf(record))), ...batch.changes],
        position: batch.position,
      }
    },
    flush,
    close: () => {
      clearTimeout(timer)
      timer = undefined
      waiting.clear()
      meanings.clear()
    },
  }
}

/** One text per entity, for maps. */
export function refOf({ entity, key }: { readonly entity: EntityName; readonly key: string }): string {
  return `${entity} ${key}`
}
