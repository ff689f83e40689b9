import { createCrux, inMemoryCruxStore } from '@crux/core'
import { expect, test } from 'vitest'
import { events, independent, refusal, setUp } from '../entities/crux-kit.ts'

test('PLAN-1 a plan is stored at once, at version 1, with content empty by default', async () => {
  const { crux, commits } = setUp()
  await crux.plan({ id: 'launch', title: '  Launch  ', metadata: { team: 'web' } })
  expect(await crux.getPlan('launch')).toEqual({
    id: 'launch',
    title: 'Launch',
    content: '',
    version: 1,
    metadata: { team: 'web' },
    createdAt: 1_000,
    updatedAt: 1_000,
  })
  expect(commits.map(events)).toEqual([['plan launch created']])
})

test('PLAN-1 a title has 1 to 500 characters after trimming', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ title: ` ${'x'.repeat(500)} ` })
  for (const title of ['', '   ', 'x'.repeat(501)]) {
    expect((await refusal(crux.plan({ title }), 'invalid-value')).message).toContain('$.title')
    await refusal(plan.update({ title }), 'invalid-value')
  }
})

test('PLAN-1 an id that is taken, even by a discarded plan, is already-exists', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ id: 'launch', title: 'Launch' })
  await refusal(crux.plan({ id: 'launch', title: 'Again' }), 'already-exists')
  await plan.discard()
  expect((await refusal(crux.plan({ id: 'launch', title: 'Again' }), 'already-exists')).message).toContain(
    'launch',
  )
})

test('PLAN-2 the version counts changes of title and content, not of metadata', async () => {
  const { crux, clock, commits } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Launch', content: 'a' })
  clock.advance(10)
  expect(await plan.update({ title: 'Launch 2' })).toMatchObject({ version: 2, updatedAt: 1_010 })
  expect(await plan.update({ content: 'b' })).toMatchObject({ version: 3, title: 'Launch 2' })
  expect(await plan.update({ title: 'Launch 2', content: 'c' })).toMatchObject({ version: 4 })
  clock.advance(10)
  expect(await plan.update({ metadata: { a: 1 } })).toMatchObject({ version: 4, updatedAt: 1_020 })
  expect(commits.slice(1).flatMap(events)).toEqual(Array(4).fill('plan p updated'))
})

test('PLAN-2 an update that changes nothing writes nothing and emits nothing', async () => {
  const { crux, clock, commits } = setUp()
  const plan = await crux.plan({ title: 'Launch', content: 'a', metadata: { a: { b: [1, 2], c: 3 } } })
  const before = await plan.get()
  clock.advance(10)
  for (const update of [
    {},
    { title: 'Launch' },
    { title: ' Launch ', content: 'a' },
    { metadata: {} },
    { metadata: { a: { c: 3, b: [1, 2] } } },
    { metadata: { missing: null } },
  ]) {
    expect(await plan.update(update)).toEqual(before)
  }
  expect(commits).toHaveLength(1)
})

test('PLAN-3 metadata is merged one level deep and null removes a key', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ title: 'Launch', metadata: { keep: 1, drop: 2, nested: { a: 1, b: 2 } } })
  const { metadata } = await plan.update({
    metadata: { drop: null, nested: { c: 3 }, added: null, fresh: [null] },
  })
  expect(metadata).toEqual({ keep: 1, nested: { c: 3 }, fresh: [null] })
})

test('PLAN-3 another version than the expected one is a conflict that gives both', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Launch' })
  expect(await plan.update({ content: 'a', ifVersion: 1 })).toMatchObject({ version: 2 })
  const error = await refusal(plan.update({ content: 'b', ifVersion: 1 }), 'conflict')
  expect(error.message).toBe('Plan "p" is at version 2, not 1: read it again and retry.')
  expect(error.details).toEqual({ version: 2, expected: 1 })
  await refusal(plan.update({ ifVersion: 1 }), 'conflict')
})

test('PLAN-3 an unknown plan is not-found', async () => {
  const { crux } = setUp()
  expect((await refusal(crux.updatePlan('nothing', { title: 'x' }), 'not-found')).message).toContain(
    'nothing',
  )
  await refusal(crux.discardPlan('nothing'), 'not-found')
})

test('PLAN-4 concurrent updates of different fields all survive, in one process and in two', async () => {
  const store = inMemoryCruxStore()
  const handles = [store, store, independent(store), independent(store)].map((each) =>
    createCrux({ store: each }),
  )
  await handles[0]?.plan({ id: 'p', title: 'Launch' })
  await Promise.all([
    handles[0]?.updatePlan('p', { title: 'Launch day' }),
    handles[1]?.updatePlan('p', { metadata: { a: 1 } }),
    handles[2]?.updatePlan('p', { content: 'Ship' }),
    handles[3]?.updatePlan('p', { metadata: { b: 2 } }),
  ])
  expect(await handles[0]?.getPlan('p')).toMatchObject({
    title: 'Launch day',
    content: 'Ship',
    version: 3,
    metadata: { a: 1, b: 2 },
  })
})

test('PLAN-4 of two updates for one version, one is a conflict', async () => {
  const store = inMemoryCruxStore()
  const [a, b] = [createCrux({ store: independent(store) }), createCrux({ store: independent(store) })]
  await a.plan({ id: 'p', title: 'Launch' })
  const outcomes = await Promise.allSettled([
    a.updatePlan('p', { content: 'a', ifVersion: 1 }),
    b.updatePlan('p', { content: 'b', ifVersion: 1 }),
  ])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } })
})

test('PLAN-5 discard keeps the first reason, and later updates are discarded', async () => {
  const { crux, clock, commits } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Launch' })
  clock.advance(5)
  const first = await plan.discard('no budget')
  clock.advance(5)
  expect(first).toMatchObject({ discardedAt: 1_005, discardReason: 'no budget', version: 1 })
  expect(await plan.discard('other reason')).toEqual(first)
  expect(commits.map(events)).toEqual([['plan p created'], ['plan p discarded']])
  expect((await refusal(plan.update({ title: 'x' }), 'discarded')).message).toContain('no budget')
  await refusal(plan.update({}), 'discarded')
})

test('PLAN-6 a handle has the fields of the plan at creation, and the methods', async () => {
  const { crux } = setUp()
  const { update, discard, get, asContext, asTools, ...fields } = await crux.plan({
    title: 'Launch',
    content: 'a',
  })
  expect(fields).toEqual(await get())
  await update({ content: 'b' })
  expect(fields.content).toBe('a')
  expect(await get()).toMatchObject({ content: 'b' })
  expect(asContext().id).toBe('plan:id1')
  expect(Object.keys(asTools())).toEqual(['getPlan', 'updatePlan'])
  expect(await discard()).toMatchObject({ discardedAt: 1_000 })
})

test('PLAN-6 an agent has the same methods without reading anything', async () => {
  const { crux } = setUp()
  const agent = crux.planAgent('later')
  expect(await agent.get()).toBeUndefined()
  await crux.plan({ id: 'later', title: 'Later' })
  expect(await agent.get()).toMatchObject({ title: 'Later' })
  expect(Object.keys(agent).sort()).toEqual(['asContext', 'asTools', 'discard', 'get', 'id', 'update'])
})

test('PLAN-7 the full context is a heading with title and version, then the content, as of now', async () => {
  const { crux } = setUp()
  const plan = await crux.plan({ id: 'p', title: 'Launch\nweek', content: '1. Build\n2. Ship' })
  const context = plan.asContext()
  expect(context).toMatchObject({ id: 'plan:p', priority: 80 })
  expect(plan.asContext({ priority: 5 }).priority).toBe(5)
  expect(await context.system()).toBe('## Plan: Launch week (version 1)\n\n1. Build\n2. Ship')
  await plan.update({ content: '' })
  expect(await context.system()).toBe('## Plan: Launch week (version 2)')
})

test('PLAN-7 the reference context is a heading and a hint to call getPlan', async () => {
  const { crux } = setUp()
  await crux.plan({ id: 'p', title: 'Launch', content: 'secret' })
  const text = await crux.planAgent('p', { context: 'reference' }).asContext().system()
  expect(text).toBe('## Plan: Launch (version 1)\n\nCall getPlan to read it.')
})

test('PLAN-7 a missing or discarded plan gives an empty text, and renderContext is not asked', async () => {
  const { crux } = setUp()
  const renderContext = ({ plan }: { plan: { title: string } }) => `!${plan.title}`
  const context = crux.planAgent('p', { renderContext }).asContext()
  expect(await context.system()).toBe('')
  const plan = await crux.plan({ id: 'p', title: 'Launch' })
  expect(await context.system()).toBe('!Launch')
  await plan.discard()
  expect(await context.system()).toBe('')
  expect(await plan.asContext().system()).toBe('')
})

test('PLAN-7 what renderContext throws, system() throws', async () => {
  const { crux } = setUp()
  await crux.plan({ id: 'p', title: 'Launch' })
  const renderContext = () => {
    throw new Error('broken template')
  }
  await expect(crux.planAgent('p', { renderContext }).asContext().system()).rejects.toThrow('broken template')
})

test('PLAN-9 lists give the whole scope, newest first, discarded ones only when asked', async () => {
  const store = inMemoryCruxStore()
  const { crux, clock } = setUp(store.scope('a:'))
  const other = createCrux({ store: store.scope('b:') })
  await other.plan({ id: 'other', title: 'Other' })
  for (let index = 0; index < 1_100; index += 1) {
    clock.advance(1)
    await crux.plan({ id: `p${index}`, title: 'Plan' })
  }
  await crux.discardPlan('p7')
  const all = await crux.listPlans({ includeDiscarded: true })
  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 1_100 }, (_, index) => `a:p${1_099 - index}`))
  expect(await crux.listPlans()).toEqual(all.filter(({ id }) => id !== 'a:p7'))
  expect(await createCrux({ store }).listPlans()).toHaveLength(1_100)
})

test('PLAN-9 lists can be narrowed to a plan, which need not exist; by plan the newest not discarded is given', async () => {
  const { crux, clock } = setUp()
  const ids = ['first', 'second', 'third']
  for (const id of ids) {
    clock.advance(1)
    await crux.tasklist({ id, planId: 'p' })
  }
  await crux.tasklist({ id: 'unrelated', planId: 'q' })
  expect((await crux.listTaskLists({ planId: 'p' })).map(({ id }) => id)).toEqual([
    'third',
    'second',
    'first',
  ])
  expect(await crux.listTaskLists()).toHaveLength(4)
  await crux.taskListAgent('third').discard()
  expect(await crux.getTaskListByPlan('p')).toMatchObject({ id: 'second' })
  expect(await crux.listTaskLists({ planId: 'p' })).toHaveLength(2)
  expect(await crux.listTaskLists({ planId: 'p', includeDiscarded: true })).toHaveLength(3)
})

test('PLAN-9 what is created within one millisecond still has an order', async () => {
  const crux = createCrux({ store: inMemoryCruxStore() })
  const ids = Array.from({ length: 50 }, (_, index) => `list${(index * 37) % 50}`)
  for (const id of ids) await crux.tasklist({ id, planId: 'p' })
  expect((await crux.listTaskLists()).map(({ id }) => id)).toEqual(ids.toReversed())
  expect(await crux.getTaskListByPlan('p')).toMatchObject({ id: ids.at(-1) })
})
