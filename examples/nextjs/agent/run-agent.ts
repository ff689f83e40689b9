import type { Crux } from '@crux/core'
import type { AgentRun } from './agent-run.ts'
import { concludePlan, splitIntoTasks, writePlan } from './plan.ts'
import { workThrough } from './work.ts'

/**
 * One run from the topic to the outcome: write a plan, split it into tasks, let workers carry them out side by side,
 * say what came of it. However it ends, nothing is left open: no spinner turns for ever.
 */
export async function runAgent(run: AgentRun): Promise<void> {
  const plan = await writePlan(run)
  run.onPlan(plan.id)
  try {
    const list = await splitIntoTasks(run, plan)
    await workThrough(run, plan, list)
    await concludePlan(run, plan, list)
  } catch (error) {
    // What a provider says when it fails is for the log; people are only told that it did.
    const reason = run.signal.aborted ? 'Stopped.' : 'The agent broke down; the server’s log says why.'
    await settleRun(run.crux, plan.id, reason)
    throw error
  }
}

/** Closes what a run left open: its tasks, or its plan if there are no tasks yet. Repeating it changes nothing. */
export async function settleRun(crux: Crux, planId: string, reason: string): Promise<void> {
  const [list] = await crux.listTaskLists({ planId, includeDiscarded: true })
  if (!list) await crux.discardPlan(planId, reason)
  else if (list.completedAt === undefined) await crux.taskListAgent(list.id).discard(reason)
}
