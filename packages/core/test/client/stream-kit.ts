import { toDataChunk, type CruxDataPart, type TaskPlan, type TaskPlanTask } from '@crux/core'
import { createCruxClient, createStreamTransport, type CruxTransport } from '@crux/core/client'
import { examplePart, examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'
import { onTestFinished } from 'vitest'

export const planPart = (id: string, title = id, revision = 1): CruxDataPart =>
  examplePart('plan', examplePlan({ id, title }), revision)

export const listPart = (id: string): CruxDataPart => examplePart('tasklist', exampleTaskList({ id }))

export const taskPart = (listId: string, id: string, label = id, revision = 1): CruxDataPart =>
  examplePart('task', exampleTask({ taskListId: listId, id, label }), revision)

/** A part as the AI SDK hands it to `onData` and keeps it in messages. */
export const cruxPart = (part: CruxDataPart) => toDataChunk(part, false)

export const planTask = (id: string, fields: Partial<TaskPlanTask> = {}): TaskPlanTask => ({
  id,
  label: id.toUpperCase(),
  state: 'running',
  source: 'runtime',
  ...fields,
})

export const planSnapshot = (planId: string, version: number, ...tasks: TaskPlanTask[]) => ({
  type: 'data-agent-task-plan' as const,
  id: planId,
  data: { planId, version, tasks } satisfies TaskPlan,
})

export const planUpdate = (planId: string, version: number, task: TaskPlanTask) => ({
  type: 'data-agent-task-update' as const,
  id: `${planId}:${task.id}`,
  data: { planId, version, task },
})

/** The body of a UI message stream. */
export const streamText = (chunks: readonly object[], lineEnd = '\n') =>
  [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]']
    .map((data) => `data: ${data}${lineEnd}${lineEnd}`)
    .join('')

/** What a chat's stream holds besides parts of Crux. */
export const chatter = [
  { type: 'start', messageId: 'm1' },
  { type: 'start-step' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'data: {"type":"data-crux"}\n\nGrüße 👩‍🚀' },
  { type: 'data-other', id: '1', data: { entity: 'plan', key: 'p1' } },
] as const

/** A client that is connected to a stream transport, or to what `wrap` makes of it. */
export function openStream(wrap: (stream: CruxTransport) => CruxTransport = (stream) => stream) {
  const transport = createStreamTransport()
  const client = createCruxClient({ transport: wrap(transport) })
  const leave = client.subscribe('connection', () => {})
  onTestFinished(() => client.close())
  return { transport, client, leave }
}
