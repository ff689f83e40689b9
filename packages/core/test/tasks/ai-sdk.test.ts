import type { Crux } from '@crux/core'
import type { TaskListHandle } from '@crux/core/tasks'
import { expect, test } from 'vitest'
import { setUp } from '../entities/crux-kit.ts'
import { majors, type AllTools, type ScriptedCall } from './ai-sdk-majors.ts'

const call = (toolCallId: string, toolName: keyof AllTools, input: unknown = {}): ScriptedCall => ({
  toolCallId,
  toolName,
  input,
})

async function allTools(crux: Crux): Promise<{ tools: AllTools; list: TaskListHandle }> {
  const plan = await crux.plan({ id: 'launch', title: 'Launch' })
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b', 'c'].map((id) => ({ id, label: id })) })
  const worker = list.worker('a')
  const tools = {
    ...plan.asTools(),
    ...list.asTools(),
    ...worker.asTools(),
    createPlan: crux.createPlanTool(),
    createTaskList: crux.createTaskListTool(),
  }
  return { tools, list }
}

test.each(Object.entries(majors))('TASK-13 a model of %s works with every tool', async (_name, run) => {
  const { crux } = setUp()
  const { tools, list } = await allTools(crux)
  const { outputs } = await run(tools, [
    [
      call('1', 'createPlan', { title: 'Second', content: '1. Go', metadata: { by: 'model' } }),
      call('2', 'createTaskList', {
        title: 'Steps',
        tasks: [
          { id: 'x', label: 'X' },
          { label: 'Y', dependsOn: ['x'] },
        ],
      }),
    ],
    [call('3', 'getPlan'), call('4', 'updatePlan', { content: 'Build, then ship' })],
    [call('5', 'startTask'), call('6', 'reportProgress', { message: 'half', percent: 50 })],
    [call('7', 'completeTask', { result: { files: ['a.ts'] } })],
    [
      call('8', 'addTask', { id: 'd', label: 'D', parentId: 'b', assignee: { agent: 'coder' } }),
      call('9', 'updateTask', { taskId: 'c', status: 'failed', error: 'boom', description: null }),
    ],
    [call('10', 'removeTask', { taskId: 'b' })],
    [call('11', 'listTasks')],
    [call('12', 'failTask', { error: 'too late' })],
    [call('13', 'discardTaskList', { reason: 'enough' })],
  ])

  const answers = Object.fromEntries(outputs.map(({ toolCallId, output }) => [toolCallId, output]))
  expect(answers).toMatchObject({
    1: { title: 'Second', content: '1. Go', version: 1, metadata: { by: 'model' } },
    2: { title: 'Steps', status: 'pending', tasks: [{ id: 'x' }, { label: 'Y', dependsOn: ['x'] }] },
    3: { id: 'launch', title: 'Launch' },
    4: { id: 'launch', content: 'Build, then ship', version: 2 },
    5: { id: 'a', status: 'in_progress' },
    6: { ignored: false, task: { id: 'a', progress: 'half', percent: 50 } },
    7: { id: 'a', status: 'completed', result: { files: ['a.ts'] } },
    8: { id: 'd', label: 'D', parentId: 'b', assignee: { agent: 'coder' } },
    9: { id: 'c', status: 'failed', error: 'boom' },
    10: { id: 'b' },
    11: { list: { id: 'work' }, tasks: [{ id: 'a' }, { id: 'c' }, { id: 'd' }] },
    12: { error: { code: 'invalid-transition' } },
    13: { id: 'work', status: 'discarded', discardReason: 'enough' },
  })
  expect(Object.keys(answers)).toHaveLength(13)
  expect(await crux.getPlan('launch')).toMatchObject({ content: 'Build, then ship' })
  expect(await list.getTask('d')).toMatchObject({ status: 'cancelled', reason: 'enough' })
  expect(tools.createPlan.created?.title).toBe('Second')
  expect(await tools.createTaskList.created?.nextTasks()).toMatchObject([{ id: 'x' }])
})

test.each(Object.entries(majors))(
  'TASK-13 %s tells the model plain JSON Schemas, without recursion',
  async (_name, run) => {
    const { crux } = setUp()
    const { tools } = await allTools(crux)
    const { schemas } = await run(tools, [])
    expect(Object.keys(schemas).sort()).toEqual(Object.keys(tools).sort())
    for (const schema of Object.values(schemas)) expect(schema).toMatchObject({ type: 'object' })
    expect(JSON.stringify(schemas)).not.toContain('$ref')
    expect(schemas['completeTask']).toMatchObject({ properties: { result: {} } })
    expect(schemas['updateTask']).toMatchObject({ required: ['taskId'] })
    expect(schemas['createTaskList']).toMatchObject({
      required: ['tasks'],
      properties: { tasks: { type: 'array', items: { required: ['label'] } } },
    })
  },
)
