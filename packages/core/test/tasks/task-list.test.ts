import { createCrux, inMemoryCruxStore } from '@crux/core'
import { expect, test } from 'vitest'
import { events, independent, refusal, setUp } from '../entities/crux-kit.ts'

test('TASK-1 a list and its first tasks land in one commit, the list first', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({
    id: 'work',
    planId: 'launch',
    title: 'Work',
    metadata: { a: 1 },
    tasks: [
      { id: 'ship', label: 'Ship', dependsOn: ['build'] },
      { id: 'build', label: ' Build ', description: 'All of it', assignee: { agent: 'coder', model: 'm' } },
    ],
  })
  expect(commits.map(events)).toEqual([
    ['tasklist work created', 'task work/ship added', 'task work/build added'],
  ])
  expect(await list.get()).toEqual({
    id: 'work',
    planId: 'launch',
    title: 'Work',
    status: 'pending',
    counts: { pending: 2, in_progress: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
    lastPosition: 2,
    metadata: { a: 1 },
    createdAt: 1_000,
    updatedAt: 1_000,
  })
  expect(await list.getTasks()).toEqual([
    {
      id: 'ship',
      taskListId: 'work',
      label: 'Ship',
      status: 'pending',
      position: 1,
      dependsOn: ['build'],
      attempt: 1,
      createdAt: 1_000,
      updatedAt: 1_000,
    },
    {
      id: 'build',
      taskListId: 'work',
      label: 'Build',
      description: 'All of it',
      status: 'pending',
      position: 2,
      assignee: { agent: 'coder', model: 'm' },
      attempt: 1,
      createdAt: 1_000,
      updatedAt: 1_000,
    },
  ])
})

test('TASK-1 a list needs nothing; a taken id is already-exists', async () => {
  const { crux } = setUp()
  expect(await (await crux.tasklist()).get()).toMatchObject({ id: 'id1', status: 'pending', lastPosition: 0 })
  await crux.tasklist({ id: 'work' })
  await refusal(crux.tasklist({ id: 'work' }), 'already-exists')
  await crux.taskListAgent('work').discard()
  await refusal(crux.tasklist({ id: 'work' }), 'already-exists')
})

test('TASK-1 first tasks that refer to nothing or in a circle refuse the whole list', async () => {
  const { crux, commits } = setUp()
  const create = (...tasks: { id: string; parentId?: string; dependsOn?: string[] }[]) =>
    crux.tasklist({ id: 'work', tasks: tasks.map((task) => ({ ...task, label: task.id })) })
  await refusal(create({ id: 'a', dependsOn: ['b'] }), 'not-found')
  await refusal(create({ id: 'a', parentId: 'b' }), 'not-found')
  await refusal(create({ id: 'a' }, { id: 'a' }), 'already-exists')
  await refusal(create({ id: 'a', dependsOn: ['b'] }, { id: 'b', dependsOn: ['a'] }), 'cycle')
  expect(commits).toEqual([])
})

test('TASK-2 the handle has these methods, and an agent has the same without reading', async () => {
  const { crux } = setUp()
  const handle = await crux.tasklist({ id: 'work' })
  expect(Object.keys(handle).sort()).toEqual(
    [
      'id get update getTask getTasks getStatus addTask addTasks updateTask startTask reportProgress completeTask',
      'failTask skipTask cancelTask retryTask removeTask moveTask discard nextTasks asContext asTools worker',
    ]
      .join(' ')
      .split(' ')
      .sort(),
  )
  const agent = crux.taskListAgent('later')
  expect(Object.keys(agent).sort()).toEqual(Object.keys(handle).sort())
  expect(await agent.get()).toBeUndefined()
  expect(await agent.getStatus()).toBeUndefined()
  expect(await agent.getTasks()).toEqual([])
  expect(await agent.nextTasks()).toEqual([])
})

test('TASK-2 what is asked of a list or task that is not there is not-found', async () => {
  const { crux } = setUp()
  const missing = crux.taskListAgent('missing')
  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'a', label: 'A' }] })
  for (const of of [missing, list]) {
    for (const refused of [
      of.startTask('x'),
      of.reportProgress('x', 'hello'),
      of.completeTask('x'),
      of.failTask('x', 'e'),
      of.skipTask('x'),
      of.cancelTask('x'),
      of.retryTask('x'),
      of.updateTask('x', { label: 'X' }),
      of.removeTask('x'),
      of.moveTask('x', { after: 'a' }),
      of.addTask({ label: 'X', dependsOn: ['x'] }),
    ]) {
      await refusal(refused, 'not-found')
    }
  }
  await refusal(missing.update({ title: 'x' }), 'not-found')
  await refusal(missing.addTasks([]), 'not-found')
  await refusal(missing.discard(), 'not-found')
})

test('TASK-2 title and metadata of a list change, and only what changes is written', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', title: 'Work', metadata: { a: 1, b: 2 } })
  expect(await list.update({ title: 'Job', metadata: { b: null, c: 3 } })).toMatchObject({
    title: 'Job',
    metadata: { a: 1, c: 3 },
  })
  await list.update({ title: 'Job', metadata: { a: 1 } })
  expect(await list.update({ title: null })).not.toHaveProperty('title')
  expect(commits.slice(1).map(events)).toEqual([['tasklist work updated'], ['tasklist work updated']])
})

test('TASK-2 nextTasks gives pending tasks whose dependencies are completed, skipped or removed, in order', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'e', label: 'E', dependsOn: ['a', 'b', 'c'] },
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B' },
      { id: 'c', label: 'C' },
      { id: 'd', label: 'D', dependsOn: ['c'] },
    ],
  })
  const next = async () => (await list.nextTasks()).map(({ id }) => id)
  expect(await next()).toEqual(['a', 'b', 'c'])
  await list.completeTask('a')
  await list.startTask('b')
  expect(await next()).toEqual(['c'])
  await list.skipTask('b')
  await list.removeTask('c')
  expect(await next()).toEqual(['e', 'd'])
  await list.startTask('e')
  expect(await next()).toEqual(['d'])
})

test('TASK-2 a failed or cancelled dependency keeps a task waiting', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', dependsOn: ['a'] },
    ],
  })
  await list.failTask('a', 'boom')
  expect(await list.nextTasks()).toEqual([])
  await list.retryTask('a')
  await list.cancelTask('a')
  expect(await list.nextTasks()).toEqual([])
})

test('TASK-3 tasks are added at the end, many in one commit, and may refer to each other', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'a', label: 'A' }] })
  const added = await list.addTasks([
    { id: 'c', label: 'C', dependsOn: ['b', 'a', 'b'], parentId: 'b' },
    { id: 'b', label: 'B', parentId: 'a' },
  ])
  expect(added).toMatchObject([
    { id: 'c', position: 2, dependsOn: ['b', 'a'] },
    { id: 'b', position: 3 },
  ])
  expect(await list.addTask({ label: 'D' })).toMatchObject({ id: 'id1', position: 4 })
  expect(commits.slice(1).map(events)).toEqual([
    ['task work/c added', 'task work/b added', 'tasklist work updated'],
    ['task work/id1 added', 'tasklist work updated'],
  ])
  expect(await list.get()).toMatchObject({ lastPosition: 4, counts: { pending: 4 } })
  expect(await list.addTasks([])).toEqual([])
  expect(commits).toHaveLength(3)
})

test('TASK-3 a taken id, also of a removed task, is already-exists', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: [{ id: 'a', label: 'A' }] })
  await refusal(list.addTask({ id: 'a', label: 'Again' }), 'already-exists')
  await refusal(
    list.addTasks([
      { id: 'b', label: 'B' },
      { id: 'b', label: 'B' },
    ]),
    'already-exists',
  )
  await list.removeTask('a')
  expect((await refusal(list.addTask({ id: 'a', label: 'Again' }), 'already-exists')).message).toContain(
    'work/a',
  )
  expect(await list.getTasks()).toEqual([])
})

test('TASK-3 of two concurrent adds of one id exactly one wins', async () => {
  const store = inMemoryCruxStore()
  for (const [left, right] of [
    [store, store],
    [independent(store), independent(store)],
  ] as const) {
    const list = await createCrux({ store }).tasklist()
    const outcomes = await Promise.allSettled(
      [left, right].map((each, index) =>
        createCrux({ store: each })
          .taskListAgent(list.id)
          .addTask({ id: 'a', label: `A${index}` }),
      ),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'already-exists' },
    })
    expect(await list.get()).toMatchObject({ counts: { pending: 1 } })
  }
})

test('TASK-3 edges to unknown tasks are not-found, to removed ones removed', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: ['a', 'b', 'gone'].map((id) => ({ id, label: id })),
  })
  await list.removeTask('gone')
  for (const [target, code] of [
    ['x', 'not-found'],
    ['gone', 'removed'],
  ] as const) {
    await refusal(list.addTask({ label: 'N', parentId: target }), code)
    await refusal(list.addTask({ label: 'N', dependsOn: ['a', target] }), code)
    await refusal(list.updateTask('a', { parentId: target }), code)
    await refusal(list.updateTask('a', { dependsOn: ['b', target] }), code)
  }
})

test('TASK-3 a circle of parents or of dependencies is refused and named', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    id: 'work',
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', parentId: 'a', dependsOn: ['a'] },
      { id: 'c', label: 'C', parentId: 'b', dependsOn: ['b'] },
    ],
  })
  const parents = await refusal(list.updateTask('a', { parentId: 'c' }), 'cycle')
  expect(parents.message).toContain('parentId of task "a" of list "work" leads in a circle, a -> c -> b -> a')
  const dependencies = await refusal(list.updateTask('a', { dependsOn: ['c'] }), 'cycle')
  expect(dependencies.details).toEqual({ edge: 'dependsOn', path: ['a', 'c', 'b', 'a'] })
  await refusal(list.updateTask('a', { dependsOn: ['a'] }), 'cycle')
  await refusal(list.addTask({ id: 'd', label: 'D', parentId: 'd' }), 'cycle')
  // A child may well be what its parent waits for.
  await list.updateTask('a', { dependsOn: [] })
  expect(await list.updateTask('c', { dependsOn: ['a'] })).toMatchObject({ dependsOn: ['a'], parentId: 'b' })
})

test('TASK-3 a removed task closes no circle of dependencies: it waits for nothing', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', dependsOn: ['a'] },
      { id: 'c', label: 'C', dependsOn: ['b'] },
    ],
  })
  await list.removeTask('b')
  expect(await list.updateTask('a', { dependsOn: ['c'] })).toMatchObject({ dependsOn: ['c'] })
  expect((await list.nextTasks()).map(({ id }) => id)).toEqual(['c'])
})

test('TASK-3 a long chain of dependencies is checked without running out of stack', async () => {
  const { crux } = setUp(inMemoryCruxStore())
  const chain = Array.from({ length: 8_000 }, (_, index) => ({
    id: `t${index}`,
    label: 'T',
    ...(index > 0 && { dependsOn: [`t${index - 1}`], parentId: `t${index - 1}` }),
  }))
  const list = await crux.tasklist({ tasks: chain })
  await refusal(list.updateTask('t0', { dependsOn: ['t7999'] }), 'cycle')
  expect((await list.asContext().system()).split('\n').at(-1)).toBe('… and 7800 more')
  await list.failTask('t0', 'boom')
  expect(await list.getStatus()).toBe('failed')
})

test('TASK-3 concurrent changes of edges cannot close a circle together', async () => {
  const store = inMemoryCruxStore()
  for (let round = 0; round < 30; round += 1) {
    const list = await createCrux({ store }).tasklist({
      tasks: ['a', 'b', 'c'].map((id) => ({ id, label: id })),
    })
    const edges = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ] as const
    const outcomes = await Promise.allSettled(
      edges.map(([from, to]) =>
        createCrux({ store: independent(store) })
          .taskListAgent(list.id)
          .updateTask(from, { dependsOn: [to], parentId: to }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'cycle' } })
  }
})

test('TASK-3 a circle that never was, seen by a scan that changes overtook, is no refusal', async () => {
  const store = inMemoryCruxStore()
  const between = Array.from({ length: 600 }, (_, index) => ({ id: `m${index}`, label: 'M' }))
  const list = await createCrux({ store }).tasklist({
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', dependsOn: ['a'] },
      ...between,
      { id: 'z', label: 'Z' },
    ],
  })
  let pages = 0
  const slow = independent(store, async (call) => {
    if (call !== 'list') return
    pages += 1
    if (pages !== 2) return
    // The first page has shown b waiting for a; the second will show z waiting for b. Both never held at once.
    await list.updateTask('b', { dependsOn: [] })
    await list.updateTask('z', { dependsOn: ['b'] })
  })
  const late = createCrux({ store: slow }).taskListAgent(list.id)
  expect(await late.updateTask('a', { dependsOn: ['z'] })).toMatchObject({ dependsOn: ['z'] })
  expect(pages).toBe(4)
})

test('TASK-3 a change of edges writes the list too, another change of a task only the task', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  await list.updateTask('b', { dependsOn: ['a'] })
  await list.updateTask('b', { parentId: 'a' })
  await list.updateTask('b', {
    label: 'B',
    metadata: { x: 1 },
    assignee: { agent: 'coder' },
    description: 'all',
  })
  await list.updateTask('b', { label: 'B', dependsOn: ['a', 'a'], parentId: 'a' })
  expect(commits.slice(1).map(events)).toEqual([
    ['task work/b updated', 'tasklist work updated'],
    ['task work/b updated', 'tasklist work updated'],
    ['task work/b updated'],
  ])
  const cleared = await list.updateTask('b', {
    dependsOn: [],
    parentId: null,
    description: null,
    assignee: null,
    metadata: { x: null },
  })
  for (const name of ['dependsOn', 'parentId', 'description', 'assignee', 'metadata.x']) {
    expect(cleared).not.toHaveProperty(name)
  }
})

test('TASK-3 an edge change that lets tasks start, or stops them, settles the status of the list', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({ tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  await list.failTask('a', 'boom')
  expect(await list.getStatus()).toBe('in_progress')
  await list.updateTask('b', { dependsOn: ['a'] })
  expect(await list.getStatus()).toBe('failed')
  await list.updateTask('b', { dependsOn: [] })
  expect(await list.getStatus()).toBe('in_progress')
})

test('TASK-3 updateTask changes the status by the same rules', async () => {
  const { crux, clock } = setUp()
  const list = await crux.tasklist({ tasks: [{ id: 'a', label: 'A' }] })
  expect(await list.updateTask('a', { status: 'in_progress', progress: 'begun' })).toMatchObject({
    startedAt: 1_000,
    progress: 'begun',
  })
  clock.advance(50)
  await refusal(list.updateTask('a', { status: 'pending' }), 'invalid-transition')
  expect(await list.updateTask('a', { status: 'in_progress', progress: 'half' })).toMatchObject({
    progress: 'half',
  })
  expect(await list.updateTask('a', { status: 'completed', result: [1], label: 'Done' })).toMatchObject({
    label: 'Done',
    result: [1],
    durationMs: 50,
  })
  expect(await list.getStatus()).toBe('completed')
  await refusal(list.updateTask('a', { status: 'failed', error: 'late' }), 'invalid-transition')
  await refusal(list.updateTask('a', { status: 'pending' }), 'invalid-transition')
  await refusal(list.updateTask('a', { result: [2] }), 'invalid-transition')
  expect(await list.updateTask('a', { status: 'completed', result: [2], progress: 'late' })).toMatchObject({
    result: [1],
    progress: 'half',
  })
  expect(await list.updateTask('a', { label: 'Well done' })).toMatchObject({
    label: 'Well done',
    result: [1],
  })
})

test('TASK-3 positions: ties go by id, and the end is past the highest ever given out', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'z', label: 'Z', position: 5 },
      { id: 'b', label: 'B', position: 1 },
    ],
  })
  await list.addTask({ id: 'a', label: 'A', position: 1 })
  await list.addTask({ id: 'last', label: 'Last' })
  const order = async () => (await list.getTasks()).map(({ id, position }) => `${id}@${position}`)
  expect(await order()).toEqual(['a@1', 'b@1', 'z@5', 'last@6'])
  await list.removeTask('last')
  expect(await list.addTask({ id: 'new', label: 'New' })).toMatchObject({ position: 7 })
  await refusal(list.addTask({ label: 'Far', position: 1e13 }), 'invalid-value')
})

test('TASK-3 a move takes the midpoint, the end or the front, and does nothing where it stands', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b', 'c'].map((id) => ({ id, label: id })) })
  const order = async () => (await list.getTasks()).map(({ id }) => id).join('')
  expect(await list.moveTask('c', { before: 'b' })).toMatchObject({ position: 1.5 })
  expect(await order()).toBe('acb')
  expect(await list.moveTask('a', { after: 'b' })).toMatchObject({ position: 4 })
  expect(await order()).toBe('cba')
  expect(await list.moveTask('a', { before: 'c' })).toMatchObject({ position: 0.5 })
  expect(await order()).toBe('acb')
  expect(commits.slice(1).map(events)).toEqual([
    ['task work/c updated', 'tasklist work updated'],
    ['task work/a updated', 'tasklist work updated'],
    ['task work/a updated', 'tasklist work updated'],
  ])
  await list.moveTask('a', { before: 'c' })
  await list.moveTask('b', { after: 'c' })
  expect(commits).toHaveLength(4)
  await refusal(list.moveTask('a', { before: 'a' }), 'invalid-value')
  await refusal(list.moveTask('a', {} as never), 'invalid-value')
  await list.removeTask('c')
  await refusal(list.moveTask('a', { before: 'c' }), 'removed')
  await refusal(list.moveTask('c', { before: 'a' }), 'removed')
})

test('TASK-3 when no number is left between two tasks, one commit numbers them anew', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({ tasks: ['a', 'b', 'c'].map((id) => ({ id, label: id })) })
  let expected = ['a', 'b', 'c']
  let renumbered = 0
  for (let move = 0; move < 120; move += 1) {
    const [first = '', second = '', third = ''] = expected
    await list.moveTask(third, { after: first })
    expected = [first, third, second]
    expect((await list.getTasks()).map(({ id }) => id)).toEqual(expected)
    if ((commits.at(-1)?.length ?? 0) > 2) renumbered += 1
  }
  expect(renumbered).toBeGreaterThan(0)
  expect(await list.addTask({ id: 'd', label: 'D' })).toMatchObject({ id: 'd' })
  expect((await list.getTasks()).at(-1)?.id).toBe('d')
})

test('TASK-8 a removed task is gone from tasks, counts and status, and no longer changes', async () => {
  const { crux, clock, commits } = setUp()
  const list = await crux.tasklist({ id: 'work', tasks: ['a', 'b'].map((id) => ({ id, label: id })) })
  await list.completeTask('a')
  clock.advance(5)
  expect(await list.removeTask('b')).toMatchObject({ removedAt: 1_005, status: 'pending' })
  expect(commits.at(-1)).toMatchObject([
    { key: 'work/b', event: 'removed' },
    { key: 'work', event: 'completed' },
  ])
  expect(await list.getTask('b')).toBeUndefined()
  expect((await list.getTasks()).map(({ id }) => id)).toEqual(['a'])
  expect((await list.getTasks({ includeRemoved: true })).map(({ id }) => id)).toEqual(['a', 'b'])
  expect(await list.get()).toMatchObject({ status: 'completed', counts: { pending: 0, completed: 1 } })

  const written = commits.length
  expect(await list.removeTask('b')).toMatchObject({ removedAt: 1_005 })
  for (const refused of [
    list.startTask('b'),
    list.completeTask('b'),
    list.failTask('b', 'e'),
    list.skipTask('b'),
    list.cancelTask('b'),
    list.retryTask('b'),
    list.updateTask('b', { label: 'x' }),
    list.moveTask('b', { before: 'a' }),
  ]) {
    expect((await refusal(refused, 'removed')).message).toContain('Task "b" of list "work"')
  }
  expect(await list.reportProgress('b', 'late')).toMatchObject({ ignored: true })
  expect(commits).toHaveLength(written)
})

test('TASK-8 tasks that depend on a removed one see it as skipped', async () => {
  const { crux } = setUp()
  const list = await crux.tasklist({
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', dependsOn: ['a'] },
    ],
  })
  await list.failTask('a', 'boom')
  expect(await list.getStatus()).toBe('failed')
  await list.removeTask('a')
  expect(await list.getStatus()).toBe('pending')
  expect((await list.nextTasks()).map(({ id }) => id)).toEqual(['b'])
})

test('TASK-8 children of a removed task move to the nearest living ancestor in the same commit', async () => {
  const { crux, commits } = setUp()
  const list = await crux.tasklist({
    id: 'work',
    tasks: [
      { id: 'a', label: 'A' },
      { id: 'b', label: 'B', parentId: 'a' },
      { id: 'c', label: 'C', parentId: 'b' },
      { id: 'd', label: 'D', parentId: 'b' },
    ],
  })
  await list.removeTask('b')
  expect(commits.at(-1)?.map(({ key }) => key)).toEqual(['work/b', 'work/c', 'work/d', 'work'])
  expect((await list.getTasks()).map(({ id, parentId }) => `${id}<${parentId ?? ''}`)).toEqual([
    'a<',
    'c<a',
    'd<a',
  ])
  await list.removeTask('a')
  expect((await list.getTasks()).map(({ id, parentId }) => `${id}<${parentId ?? ''}`)).toEqual(['c<', 'd<'])
})
