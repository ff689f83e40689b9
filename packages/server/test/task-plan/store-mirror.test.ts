import { CruxError, inMemoryCruxStore, type CruxStore, type Task } from '@crux/core'
import { readTaskPlan } from '@crux/core/client'
import {
  injectTaskPlanIntoStream,
  TaskPlanAccumulator,
  taskPlanTransform,
  type TaskPlanOptions,
} from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import { bodyOf, eventStream } from './bodies.ts'
import { chunksOf, fixtures } from './fixtures.ts'
import {
  announce,
  finish,
  foldedPlan,
  inputAvailable,
  inputStart,
  output,
  runReducer,
  start,
  startStep,
} from './run-reducer.ts'
import { collect, streamOf, turn } from './streams.ts'

/** The active tasks of a list in order, as a hook would show them. */
async function tasksOf(store: CruxStore, listId: string): Promise<Task[]> {
  const { records } = await store.list({ entity: 'task', prefix: `${listId}/`, limit: 500 })
  return records
    .map(({ value }) => value as Task)
    .filter(({ removedAt }) => removedAt === undefined)
    .toSorted((a, b) => a.position - b.position)
}

const statuses: Readonly<Record<string, string>> = {
  pending: 'pending',
  running: 'in_progress',
  blocked: 'in_progress',
  done: 'completed',
  failed: 'failed',
}

/** What the tasks of a plan are in a store. */
function mirrored(plan: ReturnType<typeof readTaskPlan>) {
  return plan?.tasks.map(({ id, label, state, reason }) => ({
    id,
    label,
    status: statuses[state] ?? (reason === 'aborted' || reason === 'cancelled' ? 'cancelled' : 'skipped'),
  }))
}

const shown = (tasks: readonly Task[]) => tasks.map(({ id, label, status }) => ({ id, label, status }))
const run = (chunks: readonly { readonly type: string }[], options: TaskPlanOptions) =>
  collect(streamOf(chunks).pipeThrough(taskPlanTransform({ planId: 'p', now: () => 1, ...options })))

test.each(
  fixtures
    .filter(({ release }) => release === 'ai7')
    .map(({ name, bytes }) => [name, chunksOf(bytes)] as const),
)('INJ-A27 INJ-140 after %s the store holds the plan that the message has', async (_, chunks) => {
  const store = inMemoryCruxStore()
  const plan = foldedPlan(await run(chunks, { store }))
  expect(shown(await tasksOf(store, 'p'))).toEqual(mirrored(plan) ?? [])
})

test('INJ-A27 INJ-142 the store follows every step, the list after its tasks in one commit', async () => {
  const store = inMemoryCruxStore()
  const commits: string[][] = []
  store.subscribe(({ changes }) => commits.push(changes.map(({ key, event }) => `${key} ${event}`)))
  const accumulator = new TaskPlanAccumulator('p', { store })
  const parts: unknown[] = []
  for (const chunk of [
    start,
    startStep,
    announce('m', { id: 'one', label: 'One', toolName: 'search' }),
    inputStart('a'),
    output('a'),
  ]) {
    parts.push(...accumulator.handleToolChunk(chunk))
    await turn()
    expect(shown(await tasksOf(store, 'p'))).toEqual(mirrored(readTaskPlan(parts)) ?? [])
  }
  expect(commits).toEqual([
    ['p/one added', 'p created'],
    ['p/one updated', 'p updated'],
    ['p/one completed', 'p completed'],
  ])
})

test('INJ-142 plans that wait for a slow store become the newest one', async () => {
  const store = inMemoryCruxStore()
  let commits = 0
  const slow: CruxStore = {
    ...store,
    commit: async (writes) => {
      commits++
      await turn()
      await turn()
      return store.commit(writes)
    },
  }
  await run([start, startStep, ...Array.from({ length: 20 }, (_, index) => inputStart(`c${index}`))], {
    store: slow,
  })
  expect(await tasksOf(store, 'p')).toHaveLength(20)
  expect(commits).toBeLessThan(10)
})

test('INJ-142 a list that somebody else has written to is read and written over', async () => {
  const store = inMemoryCruxStore()
  const accumulator = new TaskPlanAccumulator('p', { store })
  const push = async (chunk: unknown) => {
    accumulator.handleToolChunk(chunk)
    await turn()
  }
  await push(start)
  await push(inputStart('a'))
  const record = await store.get({ entity: 'task', key: 'p/a' })
  if (!record) throw new Error('The task is not there')
  const changed: Task = { ...record.value, status: 'failed' }
  await store.commit([
    { entity: 'task', key: 'p/a', value: changed, event: 'updated', ifRevision: record.revision },
  ])
  await push(output('a'))
  await turn()
  expect(shown(await tasksOf(store, 'p'))).toEqual([{ id: 'a', label: 'Search', status: 'completed' }])
})

test('INJ-141 a reload goes on with the list, and tasks that left the plan are gone', async () => {
  const store = inMemoryCruxStore()
  await run(
    [
      start,
      startStep,
      announce('m', { id: 'one', label: 'One' }, { id: 'two', label: 'Two', toolName: 'search' }),
    ],
    { store },
  )
  await run([start, startStep, announce('m', { id: 'two', label: 'Two' }), finish('tool-calls')], { store })
  expect(shown(await tasksOf(store, 'p'))).toEqual([{ id: 'two', label: 'Two', status: 'pending' }])
  expect((await store.get({ entity: 'task', key: 'p/one' }))?.value.removedAt).toBeGreaterThan(0)
})

test('INJ-140 a list that no plan made is left alone', async () => {
  const store = inMemoryCruxStore()
  const { createCrux } = await import('@crux/core')
  await createCrux({ store }).tasklist({ id: 'p', title: 'Mine', tasks: [{ id: 'x', label: 'Own' }] })
  const errors: unknown[] = []
  await run([start, startStep, inputStart('a'), output('a')], {
    store,
    onError: (error) => errors.push(error),
  })
  expect(errors).toMatchObject([{ code: 'already-exists' }])
  expect(shown(await tasksOf(store, 'p'))).toEqual([{ id: 'x', label: 'Own', status: 'pending' }])
})

test('INJ-140 a plan outside the scope of the store throws at once, and a random id lies inside', async () => {
  const store = inMemoryCruxStore().scope('user:1:')
  expect(() => taskPlanTransform({ planId: 'user:2:p', store })).toThrow(
    expect.objectContaining({ code: 'out-of-scope' }),
  )
  const out = await collect(
    streamOf([start, startStep, inputStart('a')]).pipeThrough(taskPlanTransform({ store })),
  )
  const plan = foldedPlan(out)
  expect(plan?.planId).toMatch(/^user:1:[^:]+$/)
  expect(await tasksOf(store, plan?.planId ?? '')).toHaveLength(1)
})

describe('INJ-A27 a store that is in trouble', () => {
  const chunks = [
    start,
    startStep,
    inputStart('a'),
    inputAvailable('b'),
    output('a'),
    finish('stop'),
    '[DONE]',
  ]
  const text = (store: CruxStore | undefined, options: TaskPlanOptions = {}) =>
    injectTaskPlanIntoStream(new Response(bodyOf(...chunks), eventStream), {
      planId: 'p',
      now: () => 1,
      ...(store && { store }),
      ...options,
    }).text()
  const withCommit = (commit: CruxStore['commit']): CruxStore => ({ ...inMemoryCruxStore(), commit })

  test('that fails changes no byte, and is reported', async () => {
    const errors: unknown[] = []
    const failing = withCommit(() => Promise.reject(new CruxError('store-unavailable', 'down')))
    expect(await text(failing, { onError: (error) => errors.push(error) })).toBe(await text(undefined))
    expect(errors[0]).toMatchObject({ code: 'store-unavailable' })
  })

  test('that conflicts for ever is tried eight times', async () => {
    const errors: unknown[] = []
    let tries = 0
    const contended = withCommit(() => {
      tries++
      return Promise.reject(new CruxError('conflict', 'again'))
    })
    const run1 = runReducer()
    run1.push(start, inputStart('a'))
    const accumulator = new TaskPlanAccumulator('p', {
      store: contended,
      onError: (error) => errors.push(error),
    })
    accumulator.handleToolChunk(inputStart('a'))
    for (let index = 0; index < 10; index++) await turn()
    expect(tries).toBe(8)
    expect(errors).toMatchObject([{ code: 'conflict' }])
  })

  test('INJ-143 that hangs holds the end of the stream for flushTimeoutMs and no byte before it', async () => {
    const hanging = withCommit(() => new Promise(() => {}))
    const response = injectTaskPlanIntoStream(new Response(bodyOf(...chunks), eventStream), {
      planId: 'p',
      now: () => 1,
      store: hanging,
      flushTimeoutMs: 40,
    })
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value)).toBe(await text(undefined))
    const began = performance.now()
    expect(await reader?.read()).toMatchObject({ done: true })
    expect(performance.now() - began).toBeLessThan(900)
  })

  test('INJ-143 after a cancel the settled plan is written too', async () => {
    const store = inMemoryCruxStore()
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(bodyOf(start, startStep, inputStart('a'))),
    })
    const response = injectTaskPlanIntoStream(new Response(source, eventStream), { planId: 'p', store })
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    for (let index = 0; index < 5; index++) await turn()
    expect(shown(await tasksOf(store, 'p'))).toEqual([{ id: 'a', label: 'Search', status: 'cancelled' }])
  })
})
