import { setTimeout as pause } from 'node:timers/promises'
import { prompt } from '@crux/ai'
import type { PlanHandle, Task, TaskListHandle } from '@crux/core'
import { z } from 'zod'
import { converse } from './converse.ts'
import { orderTool, purchases } from './order-tool.ts'
import { pace } from './pace.ts'
import type { AgentRun } from './agent-run.ts'

const workers = ['Iris', 'Theo', 'Mina']
const maxAttempts = 2
const waitBeforeRetryMs = 2_500

const taskResult = z.object({ summary: z.string().max(200) })

/**
 * Gives every task that is ready to the next free worker, until none is ready and nobody works. What still waits then,
 * waits for something that failed, and is cancelled.
 */
export async function workThrough(run: AgentRun, plan: PlanHandle, list: TaskListHandle): Promise<void> {
  const free = [...workers]
  const busy = new Map<string, Promise<void>>()
  // When one worker breaks down the others stop too: they would go on writing to a run that is over.
  const breakdown = new AbortController()
  const shift = { ...run, signal: AbortSignal.any([run.signal, breakdown.signal]) }
  try {
    do {
      for (const task of await readyTasks(list, busy)) {
        const worker = free.shift()
        if (worker === undefined) break
        const done = carryOut(shift, { plan, list, task, agent: worker }).finally(() => {
          busy.delete(task.id)
          free.push(worker)
        })
        busy.set(task.id, done)
      }
      await Promise.race(busy.values())
      await closeStages(list, busy)
    } while (busy.size > 0 || (await readyTasks(list, busy)).length > 0)
  } catch (error) {
    breakdown.abort(error)
    await Promise.allSettled(busy.values())
    throw error
  }
  for (const task of (await list.getTasks()).filter(isOpen)) {
    await list.cancelTask(task.id, 'Something it needs has failed.')
  }
}

interface Job {
  readonly plan: PlanHandle
  readonly list: TaskListHandle
  readonly task: Task
  readonly agent: string
}

/** One worker on one task; a task that fails is tried once more. */
async function carryOut(run: AgentRun, job: Job): Promise<void> {
  const { list, task, agent } = job
  if (task.parentId !== undefined) await list.startTask(task.parentId)
  await list.updateTask(task.id, { assignee: { agent } })
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    if (attempt > 1) {
      await pause(waitBeforeRetryMs * pace, undefined, { signal: run.signal })
      await list.retryTask(task.id)
    }
    await attemptTask(run, job, attempt)
    if ((await list.getTask(task.id))?.status === 'completed') return
    // Changes nothing if the worker has said itself why it failed.
    await list.failTask(task.id, 'The worker ended without a result.')
  }
}

/**
 * The worker has four tools (start, report progress, complete, fail), all bound to this one task. Who looks for sources,
 * and does not build on what others found, may order one, if there is somebody to ask.
 */
async function attemptTask(run: AgentRun, { plan, list, task }: Job, attempt: number): Promise<void> {
  const worker = list.worker(task.id, {
    guidelines: 'Report progress with a percentage about five times. The summary has at most twelve words.',
    result: taskResult,
  })
  const needed = (await list.getTasks()).filter(({ id }) => task.dependsOn?.includes(id))
  const mayOrder = run.desk !== undefined && needed.length === 0
  const working = prompt({
    id: 'work',
    use: [plan.asContext(), worker.asContext()],
    tools: { ...worker.asTools(), ...(mayOrder && { orderSource: orderTool(list, task.id) }) },
    toolMiddleware: purchases,
    prompt:
      `The briefing is about: ${run.topic}. Carry out your task with what you know, then complete it. ` +
      `What it builds on: ${JSON.stringify(needed.map(({ label, result }) => ({ label, result })))}`,
  })
  await converse(run, working, {
    scene: { part: 'work', task: task.id, attempt },
    task: { list, id: task.id },
  })
}

/** Pending tasks whose dependencies are met and which are real work; a stage is only the sum of its tasks. */
async function readyTasks(list: TaskListHandle, busy: ReadonlyMap<string, unknown>): Promise<Task[]> {
  const stages = new Set((await list.getTasks()).map((task) => task.parentId))
  const ready = await list.nextTasks()
  return ready.filter(({ id }) => !stages.has(id) && !busy.has(id))
}

/** A stage ends with the last of its tasks. */
async function closeStages(list: TaskListHandle, busy: ReadonlyMap<string, unknown>): Promise<void> {
  const tasks = await list.getTasks()
  for (const stage of tasks.filter(isOpen)) {
    const parts = tasks.filter((task) => task.parentId === stage.id)
    // A failed task may be waiting for its second try, so its worker has to be done with it too.
    if (parts.length === 0 || parts.some((task) => isOpen(task) || busy.has(task.id))) continue
    const failed = parts.filter((task) => task.status === 'failed').length
    if (failed > 0) await list.failTask(stage.id, `${failed} of ${parts.length} failed.`)
    else await list.completeTask(stage.id)
  }
}

function isOpen({ status }: Task): boolean {
  return status === 'pending' || status === 'in_progress'
}
