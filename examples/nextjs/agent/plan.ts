import { prompt } from '@crux/ai'
import type { PlanHandle, TaskListHandle } from '@crux/core'
import { hasToolCall } from 'ai'
import { converse } from './converse.ts'
import type { AgentRun } from './agent-run.ts'

/** The first thing people see: a title and the goal. */
export async function writePlan(run: AgentRun): Promise<PlanHandle> {
  const createPlan = run.crux.createPlanTool()
  const planning = prompt({
    id: 'plan',
    system:
      'You plan short research briefings. Call createPlan once. The title is the topic in at most eight words. ' +
      'The content is Markdown: one section "## Goal" with two sentences.',
    prompt: run.topic,
    tools: { createPlan },
  })
  await converse(run, planning, {
    scene: { part: 'plan' },
    toolChoice: { type: 'tool', toolName: 'createPlan' },
    stopWhen: () => createPlan.created !== undefined,
  })
  if (!createPlan.created) throw new Error('The model wrote no plan.')
  return createPlan.created
}

/** Lets the plan grow, then turns it into a tree of tasks that wait for one another. */
export async function splitIntoTasks(run: AgentRun, plan: PlanHandle): Promise<TaskListHandle> {
  const createTaskList = run.crux.createTaskListTool({ planId: plan.id })
  const { updatePlan } = plan.asTools()
  const splitting = prompt({
    id: 'split',
    use: [plan.asContext()],
    prompt:
      'First add the sections "## Approach" (a list of three steps) and "## Done when" (two points) to the plan ' +
      'with updatePlan, one at a time, keeping what is there. Then call createTaskList once: three stages without ' +
      'dependencies of their own, and in each two or three tasks with parentId set to their stage. Give every task an ' +
      'id of one word, and dependsOn where it needs what another task finds. Labels have at most five words.',
    tools: { updatePlan, createTaskList },
  })
  await converse(run, splitting, {
    scene: { part: 'split' },
    // A list that was refused, say for a cycle, is the model's to mend.
    stopWhen: () => createTaskList.created !== undefined,
  })
  if (!createTaskList.created) throw new Error('The model made no tasks.')
  return createTaskList.created
}

/** Writes down what came of it. */
export async function concludePlan(run: AgentRun, plan: PlanHandle, list: TaskListHandle): Promise<void> {
  const tasks = await list.getTasks()
  const results = tasks.map(({ label, status, result, error }) => ({ label, status, result, error }))
  const { updatePlan } = plan.asTools()
  const concluding = prompt({
    id: 'conclude',
    use: [plan.asContext()],
    prompt:
      'The tasks are over. Add a section "## Outcome" of two or three sentences with updatePlan, keeping what is ' +
      `there. These are the results:\n${JSON.stringify(results, undefined, 1)}`,
    tools: { updatePlan },
  })
  await converse(run, concluding, { scene: { part: 'conclude' }, stopWhen: hasToolCall('updatePlan') })
}
