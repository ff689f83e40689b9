import {
  usePlan,
  usePlans,
  useTask,
  useTaskIds,
  useTaskList,
  useTaskListProgress,
  useTaskLists,
  useTasks,
} from '@crux/react'
import { cleanup } from '@testing-library/react'
import { afterEach, describe, expect, test } from 'vitest'
import { change } from './change.ts'
import { aList, aPlan, aTask } from './entities.ts'
import { listPart, planPart, taskPart } from './parts.ts'
import { renderWith } from './render-with.tsx'

afterEach(cleanup)

const none: { id?: string } = {}

describe('loading, known, absent, skipped', () => {
  const hooks = [
    ['usePlan', (id?: string) => usePlan(id)],
    ['useTaskList', (id?: string) => useTaskList(id)],
    ['useTaskList of a plan', (id?: string) => useTaskList({ planId: id })],
    ['useTasks', (id?: string) => useTasks(id)],
    ['useTasks as a tree', (id?: string) => useTasks(id, { tree: true })],
    ['useTaskIds', (id?: string) => useTaskIds(id)],
    ['useTask', (id?: string) => useTask('list', id)],
    ['useTask without a list', (id?: string) => useTask(id, 'task')],
    ['useTaskListProgress', (id?: string) => useTaskListProgress(id)],
  ] as const

  test.each(hooks)('RCT-1 %s is undefined while loading, null once the server said ready', async (_, use) => {
    const { result, transport } = renderWith(() => use('nothing'))
    expect(result.current).toBeUndefined()
    await change(() => transport.sink.reset())
    expect(result.current).toBeUndefined()
    await change(() => transport.sink.ready())
    expect(result.current).toBeNull()
  })

  test.each(hooks)('RCT-1 %s is undefined when it is skipped, ready or not', async (_, use) => {
    const { result, transport } = renderWith(() => use(none.id))
    expect(result.current).toBeUndefined()
    await change(() => transport.sink.ready())
    expect(result.current).toBeUndefined()
  })

  test.each(hooks)(
    'RCT-1 %s is null when the server ends before ready: nothing more will come',
    async (_, use) => {
      const { result, transport } = renderWith(() => use('nothing'))
      await change(() => transport.sink.status('ended'))
      expect(result.current).toBeNull()
    },
  )

  test.each<[string, () => unknown]>([
    ['usePlans', () => usePlans()],
    ['useTaskLists', () => useTaskLists({ planId: 'p' })],
  ])('RCT-1 %s is undefined while loading, then an empty array: never null', async (_, use) => {
    const { result, transport } = renderWith(use)
    expect(result.current).toBeUndefined()
    await change(() => transport.sink.ready())
    expect(result.current).toEqual([])
  })

  test('RCT-1 what is known before ready is given at once', async () => {
    const { result, transport } = renderWith(() => [usePlan('p'), usePlans(), useTask('l', 'a')])
    await change(() => transport.sink.apply([planPart(aPlan('p')), taskPart(aTask('l', 'a'))]))
    expect(result.current).toEqual([aPlan('p'), [aPlan('p')], aTask('l', 'a')])
  })

  test('RCT-1 a list without tasks has an empty array, a list that does not exist has null', async () => {
    const { result, transport } = renderWith(() => [useTasks('l'), useTaskIds('l'), useTasks('other')])
    await change(() => {
      transport.sink.apply([listPart(aList('l'))])
      transport.sink.ready()
    })
    expect(result.current).toEqual([[], [], null])
  })

  test('RCT-1 what a new snapshot lacks becomes null', async () => {
    const { result, transport } = renderWith(() => usePlan('p'))
    await change(() => {
      transport.sink.apply([planPart(aPlan('p'))])
      transport.sink.ready()
    })
    expect(result.current).toEqual(aPlan('p'))
    await change(() => {
      transport.sink.status('reconnecting')
      transport.sink.reset()
      transport.sink.ready()
    })
    expect(result.current).toBeNull()
  })

  test('RCT-1 what came with the page and is gone at ready becomes null', async () => {
    const initialState = { parts: [planPart(aPlan('p'))], isReady: false }
    const { result, transport } = renderWith(() => usePlan('p'), { initialState })
    expect(result.current).toEqual(aPlan('p'))
    await change(() => {
      transport.sink.reset()
      transport.sink.ready()
    })
    expect(result.current).toBeNull()
  })

  test('RCT-1 a removed task is null and leaves its list', async () => {
    const { result, transport } = renderWith(() => [useTask('l', 'a'), useTaskIds('l')])
    await change(() => {
      transport.sink.apply([listPart(aList('l')), taskPart(aTask('l', 'a'))])
      transport.sink.ready()
    })
    expect(result.current).toEqual([aTask('l', 'a'), ['a']])
    await change(() => transport.sink.apply([taskPart(aTask('l', 'a', { removedAt: 5 }))]))
    expect(result.current).toEqual([null, []])
  })
})

describe('what names an entity', () => {
  test('RCT-1 a handle, or the entity itself, names it as well as its id', async () => {
    const list = { id: 'session:42:l', planId: 'session:42:p', get: async () => undefined }
    const plan = { id: 'session:42:p' }
    const { result, transport } = renderWith(() => [
      usePlan(plan),
      useTaskList(list),
      useTaskList({ planId: plan })?.id,
      useTasks(list)?.length,
      useTask(list, { id: 'a' }),
    ])
    const known = aList('session:42:l', { planId: 'session:42:p' })
    await change(() =>
      transport.sink.apply([
        planPart(aPlan('session:42:p')),
        listPart(known),
        taskPart(aTask('session:42:l', 'a')),
      ]),
    )
    expect(result.current).toEqual([aPlan('session:42:p'), known, known.id, 1, aTask('session:42:l', 'a')])
  })

  test('RCT-1 what another hook gave can be passed on as it is', async () => {
    const { result, transport } = renderWith(() => {
      const list = useTaskList({ planId: usePlan('p')?.id })
      return useTasks(list, { select: (tasks) => tasks.length })
    })
    await change(() => transport.sink.apply([planPart(aPlan('p'))]))
    await change(() => transport.sink.ready())
    expect(result.current).toBeUndefined()
    await change(() =>
      transport.sink.apply([listPart(aList('l', { planId: 'p' })), taskPart(aTask('l', 'a'))]),
    )
    expect(result.current).toBe(1)
  })

  test('another id gives another entity, without a render of the old one in between', async () => {
    const seen: (string | undefined)[] = []
    const { rerender, transport } = renderWith(
      ({ id }: { id: string }) => {
        seen.push(`${id}:${usePlan(id)?.title}`)
      },
      { initialProps: { id: 'a' } },
    )
    await change(() => {
      transport.sink.apply([planPart(aPlan('a', { title: 'A' })), planPart(aPlan('b', { title: 'B' }))])
      transport.sink.ready()
    })
    rerender({ id: 'b' })
    rerender({ id: 'c' })
    expect(seen).toEqual(expect.arrayContaining(['a:A', 'b:B', 'c:undefined']))
    expect(seen).not.toContain('b:A')
    await change(() => transport.sink.apply([planPart(aPlan('c', { title: 'C' }))]))
    expect(seen.at(-1)).toBe('c:C')
  })
})

describe('lists of things', () => {
  test('usePlans leaves out discarded plans unless asked', async () => {
    const { result, transport } = renderWith(() => [
      usePlans()?.map(({ id }) => id),
      usePlans({ includeDiscarded: true })?.map(({ id }) => id),
    ])
    await change(() =>
      transport.sink.apply([
        planPart(aPlan('old', { createdAt: 1 })),
        planPart(aPlan('gone', { createdAt: 2, discardedAt: 3 })),
        planPart(aPlan('new', { createdAt: 4 })),
      ]),
    )
    expect(result.current).toEqual([
      ['new', 'old'],
      ['new', 'gone', 'old'],
    ])
  })

  test('useTaskList of a plan is its newest list that is not discarded', async () => {
    const { result, transport } = renderWith(() => useTaskList({ planId: 'p' }, { select: ({ id }) => id }))
    const first = aList('first', { planId: 'p', createdAt: 1 })
    const second = aList('second', { planId: 'p', createdAt: 2 })
    await change(() => transport.sink.apply([listPart(first)]))
    expect(result.current).toBe('first')
    await change(() =>
      transport.sink.apply([listPart(second), listPart(aList('other', { planId: 'q', createdAt: 9 }))]),
    )
    expect(result.current).toBe('second')
    await change(() => transport.sink.apply([listPart({ ...second, status: 'discarded', discardedAt: 3 })]))
    expect(result.current).toBe('first')
  })

  test('useTaskLists leaves out discarded lists unless asked, and gives the same array until one changes', async () => {
    const { result, rerender, transport } = renderWith(() => [
      useTaskLists({ planId: 'p' }),
      useTaskLists({ planId: 'p', includeDiscarded: true }),
    ])
    const kept = aList('kept', { planId: 'p', createdAt: 1 })
    const gone = aList('gone', { planId: 'p', createdAt: 2, status: 'discarded', discardedAt: 3 })
    await change(() => transport.sink.apply([listPart(kept), listPart(gone)]))
    expect(result.current).toEqual([[kept], [gone, kept]])
    const before = result.current
    await change(() => transport.sink.apply([planPart(aPlan('p'))]))
    rerender(undefined)
    expect(result.current[0]).toBe(before[0])
    expect(result.current[1]).toBe(before[1])
  })

  test('useTasks gives tasks in order, as a tree with the children of a removed task under its parent', async () => {
    const { result, transport } = renderWith(() => [useTasks('l'), useTasks('l', { tree: true })] as const)
    const a = aTask('l', 'a', { position: 2 })
    const b = aTask('l', 'b', { position: 1 })
    const middle = aTask('l', 'middle', { position: 3, parentId: 'a', removedAt: 5 })
    const leaf = aTask('l', 'leaf', { position: 4, parentId: 'middle' })
    await change(() => transport.sink.apply([a, b, middle, leaf].map(taskPart)))
    expect(result.current).toEqual([
      [b, a, leaf],
      [
        { task: b, children: [] },
        { task: a, children: [{ task: leaf, children: [] }] },
      ],
    ])
  })
})

describe('progress', () => {
  test('useTaskListProgress counts active tasks, and measures to the last change', async () => {
    const { result, transport } = renderWith(() => useTaskListProgress('l'))
    const list = aList('l', {
      counts: { completed: 2, skipped: 1, failed: 1, in_progress: 1, pending: 3 },
      startedAt: 1_000,
      updatedAt: 9_000,
    })
    await change(() => transport.sink.apply([listPart(list)]))
    expect(result.current).toEqual({ completed: 3, total: 8, percent: 37.5, elapsedMs: 8_000, etaMs: 8_000 })
  })

  test('useTaskListProgress of a list that has not begun, of an empty and of a finished one', async () => {
    const { result, transport } = renderWith(() => [
      useTaskListProgress('new'),
      useTaskListProgress('empty'),
      useTaskListProgress('done'),
    ])
    await change(() =>
      transport.sink.apply([
        listPart(aList('new', { counts: { pending: 2 } })),
        listPart(aList('empty')),
        listPart(aList('done', { counts: { completed: 2 }, startedAt: 10, completedAt: 40, updatedAt: 99 })),
      ]),
    )
    expect(result.current).toEqual([
      { completed: 0, total: 2, percent: 0, elapsedMs: 0 },
      { completed: 0, total: 0, percent: 0, elapsedMs: 0 },
      { completed: 2, total: 2, percent: 100, elapsedMs: 30 },
    ])
  })

  test('useTaskListProgress looks at the tasks of a list that carries no counts', async () => {
    const { result, transport } = renderWith(() => useTaskListProgress('l'))
    const { counts: _, ...value } = aList('l')
    await change(() =>
      transport.sink.apply([
        { entity: 'tasklist', key: 'l', value, event: 'updated', revision: 1 },
        taskPart(aTask('l', 'a', { status: 'completed' })),
        taskPart(aTask('l', 'b')),
      ]),
    )
    expect(result.current).toMatchObject({ completed: 1, total: 2, percent: 50 })
    await change(() => transport.sink.apply([taskPart(aTask('l', 'b', { status: 'skipped' }))]))
    expect(result.current).toMatchObject({ completed: 2, total: 2, percent: 100 })
  })
})
