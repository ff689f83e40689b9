import { expect, test } from 'vitest'
import { setUp } from '../entities/crux-kit.ts'

test('TASK-11 the context of a list is a heading with what is done, then a line per task', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    id: 'work',
    title: 'Launch\nweek',
    tasks: [
      { id: 'build', label: 'Build\r\nit\u2028all', assignee: { agent: 'coder', model: 'big' } },
      { id: 'test', label: 'Test', parentId: 'build' },
      { id: 'docs', label: 'Docs' },
      { id: 'ship', label: 'Ship' },
      { id: 'party', label: 'Party' },
      { id: 'rest', label: 'Rest' },
      { id: 'unit', label: 'Unit', parentId: 'test' },
      { id: 'gone', label: 'Gone' },
    ],
  })
  await list.startTask('build')
  await list.reportProgress('build', { message: 'linking\n- [x] forged', percent: 40 })
  await list.completeTask('test')
  await list.failTask('docs', 'boom')
  await list.skipTask('party')
  await list.cancelTask('rest')
  await list.removeTask('gone')
  const context = list.asContext()
  expect(context).toMatchObject({ id: 'tasklist:work', priority: 80 })
  expect(list.asContext({ priority: 7 }).priority).toBe(7)
  expect(await context.system()).toMatchInlineSnapshot(`
    "## Tasks: Launch week (2/7 done)

    ◐ Build it all [build] in_progress, 40 %: linking - [x] forged (coder, big)
      ✓ Test [test] completed
        ○ Unit [unit] pending
    ✗ Docs [docs] failed
    ○ Ship [ship] pending
    ↷ Party [party] skipped
    ⊘ Rest [rest] cancelled"
  `)
})

test('TASK-11 at most 200 tasks are shown, then how many are left', async () => {
  const { crux } = setUp()
  const tasks = Array.from({ length: 203 }, (_, index) => ({ label: `Task ${index}` }))
  const lines = (await (await crux.tasklist({ tasks })).asContext().system()).split('\n')
  expect(lines).toHaveLength(203)
  expect(lines.slice(-2)).toEqual([expect.stringContaining('Task 199'), '… and 3 more'])
})

test('TASK-11 an empty list has only its heading; a missing or discarded one gives an empty text', async () => {
  const { crux } = setUp()
  const context = crux.taskListAgent('work').asContext()
  expect(await context.system()).toBe('')
  const list = await crux.tasklist({ id: 'work' })
  expect(await context.system()).toBe('## Tasks (0/0 done)')
  await list.discard()
  expect(await context.system()).toBe('')
})

test('TASK-11 renderContext makes the text instead, and what it throws system() throws', async () => {
  const { crux } = setUp()
  await crux.tasklist({ id: 'work', title: 'Work', tasks: [{ label: 'A' }] })
  const agent = crux.taskListAgent('work', {
    renderContext: async ({ list, tasks }) => `${list.title}: ${tasks.length}`,
  })
  expect(await agent.asContext().system()).toBe('Work: 1')
  expect(await agent.asContext({ renderContext: () => 'own' }).system()).toBe('own')
  const renderContext = () => {
    throw new Error('broken template')
  }
  await expect(agent.asContext({ renderContext }).system()).rejects.toThrow('broken template')
  const worker = crux.taskWorker('work', 'id1', { renderContext })
  await expect(worker.asContext().system()).rejects.toThrow('broken template')
})

test('TASK-11 a worker is told its assignment, status and guidelines, at priority 95', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    id: 'work',
    tasks: [{ id: 'build', label: 'Build\nit', description: 'All three packages.' }],
  })
  const context = list.worker('build', { guidelines: 'Be quick.' }).asContext()
  expect(context).toMatchObject({ id: 'task:work/build', priority: 95 })
  expect(list.worker('build').asContext({ priority: 1 }).priority).toBe(1)
  await list.failTask('build', 'boom')
  await list.retryTask('build')
  await list.reportProgress('build', { message: 'again', percent: 5 })
  expect(await context.system()).toMatchInlineSnapshot(`
    "## Your task: Build it

    Status: pending, 5 %: again, attempt 2

    All three packages.

    ### Guidelines

    Be quick."
  `)
})

test('TASK-11 a worker without its task, or with a discarded list, has an empty text', async () => {
  const { crux } = setUp()
  const context = crux.taskWorker('work', 'a').asContext()
  expect(await context.system()).toBe('')
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  const [a, b] = [list.worker('a').asContext(), list.worker('b').asContext()]
  expect(await a.system()).toContain('## Your task: a')
  await list.removeTask('a')
  expect(await a.system()).toBe('')
  expect(await b.system()).toContain('## Your task: b')
  await list.discard()
  expect(await b.system()).toBe('')
})
