import { CruxError, inMemoryCruxStore, type ToolError } from '@crux/core'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { independent, setUp } from '../entities/crux-kit.ts'

const call = (toolCallId: string) => ({ toolCallId, messages: [], abortSignal: new AbortController().signal })

test('PLAN-8 a plan gives getPlan and updatePlan', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Launch' })
  const { getPlan, updatePlan } = plan.asTools()
  expect(await updatePlan.execute({ content: 'Ship', metadata: { a: 1 } }, call('1'))).toEqual(
    await plan.get(),
  )
  expect(await getPlan.execute({}, call('2'))).toMatchObject({
    version: 2,
    content: 'Ship',
    metadata: { a: 1 },
  })
  await plan.discard('no budget')
  expect(await getPlan.execute({})).toMatchObject({ discardReason: 'no budget' })
  expect(await updatePlan.execute({ title: 'x' })).toMatchObject({ error: { code: 'discarded' } })
  expect(await crux.planAgent('nothing').asTools().getPlan.execute({})).toMatchObject({
    error: { code: 'not-found' },
  })
})

test('PLAN-8 createPlanTool creates a plan and says which', async () => {
  const { crux, commits } = setUp()
  const seen: string[] = []
  const tool = crux.createPlanTool({
    template: 'Three steps at most.',
    onCreated: ({ id }) => void seen.push(id),
  })
  expect(tool.description).toContain('\n\nThree steps at most.')
  expect(tool.created).toBeUndefined()
  const input = { title: 'Launch', content: 'Go', metadata: { a: 1 } }
  const plan = await tool.execute(input, call('1'))
  expect(plan).toMatchObject({ id: 'id1', version: 1, metadata: { a: 1 } })
  expect(tool.created).toMatchObject({ id: 'id1', title: 'Launch' })
  expect(await tool.created?.update({ content: 'Stop' })).toMatchObject({ version: 2 })

  expect(await tool.execute(input, call('1'))).toEqual(plan)
  expect(seen).toEqual(['id1'])
  expect(commits).toHaveLength(2)
  expect(await tool.execute({ ...input, title: ' ' }, call('2'))).toMatchObject({
    error: { code: 'invalid-value' },
  })
  expect(tool.created?.id).toBe('id1')
})

test('PLAN-8 what onCreated throws fails the call loudly', async () => {
  const { crux } = setUp()
  const onCreated = async () => {
    throw new Error('no room in the sidebar')
  }
  const input = { title: 'Launch', content: '' }
  await expect(crux.createPlanTool({ onCreated }).execute(input, call('1'))).rejects.toThrow(
    'no room in the sidebar',
  )
})

test('TASK-12 the tools of a list answer with the entity', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ id: 'work' })
  const tools = list.asTools()
  expect(Object.keys(tools)).toEqual(['listTasks', 'addTask', 'updateTask', 'removeTask', 'discardTaskList'])
  expect(await tools.addTask.execute({ id: 'a', label: 'A' }, call('1'))).toEqual(await list.getTask('a'))
  expect(
    await tools.updateTask.execute({ taskId: 'a', status: 'in_progress', progress: 'on it' }, call('2')),
  ).toEqual(await list.getTask('a'))
  expect(await tools.listTasks.execute({}, call('3'))).toEqual({
    list: await list.get(),
    tasks: await list.getTasks(),
  })
  expect(await tools.removeTask.execute({ taskId: 'a' }, call('4'))).toMatchObject({
    id: 'a',
    removedAt: 1_000,
  })
  expect(await tools.discardTaskList.execute({ reason: 'done' }, call('5'))).toEqual(await list.get())
  expect(await crux.taskListAgent('no').asTools().listTasks.execute({})).toMatchObject({
    error: { code: 'not-found' },
  })
})

test('TASK-12 a worker has four tools that know their task', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  const tools = list.worker('a').asTools()
  expect(Object.keys(tools)).toEqual(['startTask', 'reportProgress', 'completeTask', 'failTask'])
  expect(await tools.startTask.execute({})).toEqual(await list.getTask('a'))
  expect(await tools.reportProgress.execute({ message: 'half', percent: 50 })).toEqual({
    task: await list.getTask('a'),
    ignored: false,
  })
  expect(await tools.reportProgress.execute({ message: 'x', percent: 150 })).toMatchObject({
    error: { code: 'invalid-value' },
  })
  expect(await tools.completeTask.execute({ result: { ok: true } })).toEqual(await list.getTask('a'))
  expect(await tools.reportProgress.execute({ message: 'late' })).toMatchObject({ ignored: true })
  const other = list.worker('b').asTools()
  expect(await other.failTask.execute({ error: 'boom' })).toMatchObject({ status: 'failed', error: 'boom' })
})

test('TASK-12 createTaskListTool creates a list with its tasks in one commit', async () => {
  const { crux, commits } = setUp()
  const seen: string[] = []
  const tool = crux.createTaskListTool({
    planId: 'launch',
    template: 'Few.',
    onCreated: ({ id }) => void seen.push(id),
  })
  expect(tool.description).toContain('Few.')
  expect(tool.created).toBeUndefined()
  const input = {
    title: 'Work',
    tasks: [
      { id: 'a', label: 'A' },
      { label: 'B', dependsOn: ['a'] },
    ],
  }
  const answer = await tool.execute(input, call('1'))
  expect(answer).toMatchObject({
    id: 'id1',
    planId: 'launch',
    tasks: [{ id: 'a' }, { id: 'id2', dependsOn: ['a'] }],
  })
  expect(await tool.created?.getTasks()).toHaveLength(2)
  expect(await tool.execute(input, call('1'))).toEqual(answer)
  expect([seen, commits.length]).toEqual([['id1'], 1])
  expect(await tool.execute({ tasks: [{ label: 'X', dependsOn: ['y'] }] }, call('2'))).toMatchObject({
    error: { code: 'not-found' },
  })
})

test('TASK-13 a refusal is an answer, so that the model can correct itself', async () => {
  const { crux } = setUp()
  const { updateTask, addTask } = (
    await crux.tasklist({ id: 'work', tasks: [{ id: 'a', label: 'A' }] })
  ).asTools()
  const unknown = (await updateTask.execute({ taskId: 'x', label: 'X' }, call('1'))) as ToolError
  expect(unknown).toEqual({
    error: {
      code: 'not-found',
      message: 'Task "x" of list "work" does not exist: check its id against getTasks(), or add it first.',
    },
  })
  const wrong = (await addTask.execute({ label: 5 } as never, call('2'))) as ToolError
  expect(wrong.error).toMatchObject({ code: 'invalid-value', issues: [{ path: '$.label' }] })
  expect(await addTask.execute({ label: 'A', metadata: { f: 1n } } as never)).toMatchObject({
    error: { code: 'invalid-value' },
  })
})

test.each(['store-unavailable', 'store-full', 'closed'] as const)(
  'TASK-13 a store that is %s throws',
  async (code) => {
    const broken = independent(inMemoryCruxStore(), async () => {
      throw new CruxError(code, 'nobody home')
    })
    const list = setUp(broken).crux.taskListAgent('work')
    await expect(list.asTools().addTask.execute({ label: 'A' }, call('1'))).rejects.toMatchObject({ code })
    await expect(list.asTools().listTasks.execute({}, call('1'))).rejects.toMatchObject({ code })
  },
)

test('TASK-13 a repeated call is answered, not run again; a running one is joined', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work' })
  const { addTask } = list.asTools()
  const [first, joined] = await Promise.all([
    addTask.execute({ label: 'A' }, call('1')),
    addTask.execute({ label: 'A' }, call('1')),
  ])
  expect(joined).toBe(first)
  expect(await addTask.execute({ label: 'A' }, call('1'))).toBe(first)
  expect(await list.getTasks()).toHaveLength(1)
  await addTask.execute({ label: 'A' }, call('2'))
  await list.asTools().addTask.execute({ label: 'A' }, call('1'))
  await addTask.execute({ label: 'A' })
  expect(await list.getTasks()).toHaveLength(4)
  expect(commits).toHaveLength(5)
})

test('TASK-13 the same id with another input is another call: some providers count from zero in every chat', async () => {
  const { crux } = setUp()
  const tool = crux.createPlanTool()
  const one = await tool.execute({ title: 'One', content: '' }, call('call_0'))
  const two = await tool.execute({ title: 'Two', content: '' }, call('call_0'))
  expect([one, two]).toMatchObject([{ title: 'One' }, { title: 'Two' }])
})

test('TASK-13 an error is not remembered, and a read reads anew', async () => {
  const { crux } = setUp()
  const list = crux.taskListAgent('work')
  const { addTask, listTasks } = list.asTools()
  expect(await addTask.execute({ label: 'A' }, call('1'))).toMatchObject({ error: { code: 'not-found' } })
  expect(await listTasks.execute({}, call('2'))).toMatchObject({ error: { code: 'not-found' } })
  await crux.tasklist({ id: 'work' })
  expect(await addTask.execute({ label: 'A' }, call('1'))).toMatchObject({ label: 'A' })
  expect(await listTasks.execute({}, call('2'))).toMatchObject({ tasks: [{ label: 'A' }] })
})

test('TASK-13 the last 1,000 outcomes are remembered', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist()
  const { addTask } = list.asTools()
  for (let index = 0; index <= 1_000; index += 1) await addTask.execute({ label: 'A' }, call(`${index}`))
  await addTask.execute({ label: 'A' }, call('1'))
  expect(await list.getTasks()).toHaveLength(1_001)
  await addTask.execute({ label: 'A' }, call('0'))
  expect(await list.getTasks()).toHaveLength(1_002)
})

const report = z.object({ files: z.array(z.string()).min(1), note: z.string().default('none') })

test('TASK-14 a result that does not match its schema is refused with the issues, and the task stays as it was', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'a', label: 'A' }] })
  await list.startTask('a')
  const before = await list.getTask('a')
  const { completeTask } = list.worker('a', { result: report }).asTools()
  for (const [result, path] of [
    [{ files: 'a.ts' }, '$.files'],
    [{ files: ['a.ts', 5] }, '$.files[1]'],
    [undefined, '$'],
  ] as const) {
    const { error } = (await completeTask.execute({ result }, call('1'))) as ToolError
    expect(error).toMatchObject({ code: 'invalid-value', issues: [{ path }] })
    expect(error.message).toContain(`Result of task "a" of list "work" does not match its schema: ${path}`)
    expect(await list.getTask('a')).toEqual(before)
  }
  expect(await completeTask.execute({ result: { files: ['a.ts'] } }, call('1'))).toMatchObject({
    status: 'completed',
    result: { files: ['a.ts'], note: 'none' },
  })
})

test('TASK-14 the model is told the schema where its library can say it, and any Standard Schema works', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  expect(list.worker('a', { result: report }).asTools().completeTask.description).toContain('"minItems":1')

  const even = {
    '~standard': {
      version: 1 as const,
      vendor: 'own',
      validate: async (value: unknown) =>
        typeof value === 'number' && value % 2 === 0
          ? { value }
          : { issues: [{ message: 'not even', path: [{ key: 'n' }] }] },
    },
  }
  const { completeTask } = list.worker('a', { result: even }).asTools()
  expect(completeTask.description).not.toContain('JSON Schema')
  expect(await completeTask.execute({ result: 3 })).toMatchObject({
    error: { code: 'invalid-value', issues: [{ message: 'not even', path: '$.n' }] },
  })
  expect(await completeTask.execute({ result: 4 })).toMatchObject({ result: 4 })

  const dated = z.object({ at: z.string().transform((at) => new Date(at)) })
  const { completeTask: withDate } = list.worker('b', { result: dated }).asTools()
  expect(await withDate.execute({ result: { at: '2026-01-01' } })).toMatchObject({
    error: { code: 'invalid-value' },
  })
})
