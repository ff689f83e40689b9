import { createCrux, CruxError } from '@crux/core'
import { chooseModel } from '../agent/choose-model.ts'
import { runAgent, settleRun } from '../agent/run-agent.ts'
import { approvalDesk } from './approvals.ts'
import { store } from './store.ts'

const maxRunsPerSession = 3
const keepMs = 60 * 60 * 1000

interface Run {
  readonly scope: string
  readonly stop: AbortController
  planId?: string
  ended?: Promise<void>
}

// On globalThis for the same reason as the store.
const shared: { cruxExampleRuns?: Set<Run> } & typeof globalThis = globalThis
const runs = (shared.cruxExampleRuns ??= new Set<Run>())

/** A session may not start another run for now. */
export class TooManyRuns extends Error {
  constructor() {
    super('Three runs are going already: stop one, or wait for it to end.')
  }
}

/** Sets the agent to work and gives the key of its plan once there is one. The run itself goes on by itself. */
export async function startRun(scope: string, topic: string): Promise<string> {
  if ([...runs].filter((run) => run.scope === scope).length >= maxRunsPerSession) throw new TooManyRuns()
  const run: Run = { scope, stop: new AbortController() }
  runs.add(run)
  return new Promise((resolve, reject) => {
    run.ended = forgetOldRuns()
      .then(() =>
        runAgent({
          crux: createCrux({ store: store.scope(scope) }),
          topic,
          model: chooseModel(),
          signal: run.stop.signal,
          desk: approvalDesk(scope),
          onPlan: (planId) => {
            run.planId = planId
            resolve(planId)
          },
        }),
      )
      .catch((error: unknown) => {
        if (!run.stop.signal.aborted) console.error(error)
        reject(error)
      })
      .finally(() => runs.delete(run))
  })
}

/** Ends a run of this scope and leaves nothing of it open. False if the scope has no such plan. */
export async function stopRun(scope: string, planId: string): Promise<boolean> {
  const crux = createCrux({ store: store.scope(scope) })
  try {
    if (!(await crux.getPlan(planId))) return false
  } catch (error) {
    if (CruxError.is(error, 'invalid-id') || CruxError.is(error, 'out-of-scope')) return false
    throw error
  }
  const run = [...runs].find((candidate) => candidate.scope === scope && candidate.planId === planId)
  run?.stop.abort()
  await run?.ended
  // Nobody may be at work on it: a durable store outlives the process that ran the agent.
  await settleRun(crux, planId, 'Stopped.')
  return true
}

/** Settles what a server that died had open. To be called at start, when nobody is at work yet. */
export async function settleInterruptedRuns(): Promise<void> {
  const crux = createCrux({ store })
  for (const plan of await crux.listPlans()) {
    await settleRun(crux, plan.id, 'The server was restarted in the middle of it.')
  }
}

/** A page load sends all that its scope holds, so what nobody looks at any more has to go. */
async function forgetOldRuns(): Promise<void> {
  const before = Date.now() - keepMs
  const crux = createCrux({ store })
  for (const plan of await crux.listPlans()) {
    if (plan.updatedAt < before) await crux.discardPlan(plan.id, 'Older than an hour.')
  }
  await store.purge({ before })
}
