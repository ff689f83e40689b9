import { inMemoryCruxStore } from '@crux/core'
import fc from 'fast-check'
import { test } from 'vitest'
import { independent } from '../entities/crux-kit.ts'
import { expectRest, runSchedule, schedule } from './schedules.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 150)

test(
  'REL-3 TASK-10 any interleaving in one process keeps counts, status and completions',
  { timeout: 60_000 + numRuns * 200 },
  async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async (plan) => {
        const store = inMemoryCruxStore()
        const running = await runSchedule(store, [store], plan)
        await running.done
        await expectRest(running)
      }),
      { numRuns },
    )
  },
)

test(
  'REL-3 TASK-10 so does any interleaving of processes that know nothing of each other',
  { timeout: 60_000 + numRuns * 200 },
  async () => {
    await fc.assert(
      fc.asyncProperty(schedule, fc.scheduler(), async (plan, scheduler) => {
        const store = inMemoryCruxStore()
        const step = (call: string) => scheduler.schedule(Promise.resolve(), call)
        const handles = plan.map(() => independent(store, step))
        const running = await runSchedule(store, handles, plan)
        await scheduler.waitFor(running.done)
        await expectRest(running)
      }),
      { numRuns },
    )
  },
)
