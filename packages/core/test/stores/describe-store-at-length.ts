import type { CruxRecord, CruxStore, Write } from '@crux/core'
import { exampleTask, exampleTaskList } from '@crux/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { independent } from '../entities/crux-kit.ts'
import { expectRest, runSchedule, schedule } from '../tasks/schedules.ts'

/** A store, and how many bytes its data takes. */
export interface MeasuredStore extends AsyncDisposable {
  readonly store: CruxStore
  /** After whatever the backend does from time to time to use space again. */
  readonly bytes: () => Promise<number>
}

/** What a store keeps up over many random schedules, and over a long time. CRUX_RUNS makes it longer. */
export function describeStoreAtLength(name: string, open: () => Promise<MeasuredStore>): void {
  describe(`at length: ${name}`, { timeout: 900_000 }, () => {
    test('REL-3 TASK-10 any interleaving of workers on one list keeps counts, status and completions', async () => {
      await using opened = await open()
      const { store } = opened
      let runs = 0
      await fc.assert(
        fc.asyncProperty(schedule, async (plan) => {
          const scope = store.scope(`run-${runs++}:`)
          // Without the queue that callers of one process share, as other processes would work.
          const handles = plan.map(() => independent(scope))
          const running = await runSchedule(scope, handles, plan)
          await running.done
          await expectRest(running)
        }),
        { numRuns: Number(process.env['CRUX_RUNS'] ?? 12) },
      )
    })

    test('what is stored grows with the entities and not with their changes', async () => {
      await using opened = await open()
      const { store, bytes } = opened
      const rounds = Number(process.env['CRUX_RUNS'] ?? 45)
      let records: readonly CruxRecord[] = (await store.commit(newWrites('kept:list', 100))).records
      const sizes: number[] = []
      for (let round = 0; round < rounds; round++) {
        records = (await store.commit(records.map(rewrite))).records
        // A list that comes and goes.
        await store.commit(newWrites(`gone:${round}`, 100, { completedAt: 1 }))
        await store.purge({ before: 2 })
        if (round % 5 === 4) sizes.push(await bytes())
      }
      expect((await store.list()).records).toHaveLength(100)
      const early = Math.max(...sizes.slice(0, sizes.length / 3))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1.2 * early)
    })
  })
}

/** A list with tasks: as many records as `count`. */
function newWrites(key: string, count: number, ended: { readonly completedAt?: number } = {}): Write[] {
  const tasks = Array.from({ length: count - 1 }, (_, index): Write => {
    const id = `t${index}`
    const value = exampleTask({ id, taskListId: key, label: 'x'.repeat(500) })
    return { entity: 'task', key: `${key}/${id}`, value, event: 'added', ifRevision: 0 }
  })
  const value = exampleTaskList({ id: key, ...ended })
  return [{ entity: 'tasklist', key, value, event: 'created', ifRevision: 0 }, ...tasks]
}

function rewrite({ entity, key, value, revision }: CruxRecord): Write {
  // Entity and value come from one record.
  return { entity, key, value, event: 'updated', ifRevision: revision } as Write
}
