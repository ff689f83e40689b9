import { examplePart, examplePlan, exampleTask, exampleTaskList } from '@crux/core/testing'
import type { ClientRef, CruxClient, CruxClientView, TransportSink } from '@crux/core/client'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { openClient, part, useFrames } from './client-kit.ts'

afterEach(() => void vi.unstubAllGlobals())

const nextMicrotask = () => Promise.resolve().then(() => {})
const titled = (title: string, revision: number) => part('plan', 'p1', { title }, revision)

/** Writes down what `getPlan('p1')` gave each time the listener was called. */
function titlesHeard(client: CruxClient): unknown[] {
  const heard: unknown[] = []
  client.subscribe({ entity: 'plan', key: 'p1' }, () => heard.push(client.getPlan('p1')?.title))
  return heard
}

test('CLI-12 the first change after quiet is announced at once, then one change per frame, the newest', () => {
  const { draw, requested } = useFrames()
  const { client, sink } = openClient()
  const heard = titlesHeard(client)
  for (let revision = 1; revision <= 1000; revision += 1) sink.apply([titled(`title ${revision}`, revision)])
  expect(heard).toEqual(['title 1'])
  draw()
  expect(heard).toEqual(['title 1', 'title 1000'])
  sink.apply([titled('in the next frame', 1001)])
  expect(heard).toHaveLength(2)
  draw()
  expect(heard).toEqual(['title 1', 'title 1000', 'in the next frame'])
  draw()
  expect(requested()).toBe(0)
  sink.apply([titled('after quiet', 1002)])
  expect(heard.at(-1)).toBe('after quiet')
})

test('CLI-12 what getters give never runs ahead of what was announced', () => {
  const { draw } = useFrames()
  const { client, sink } = openClient()
  const list = exampleTaskList({
    counts: { pending: 1, in_progress: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
  })
  sink.apply([examplePart('tasklist', list), examplePart('task', exampleTask())])
  const read = () => [
    client.getTaskList('list-1'),
    client.getTask('list-1', 'build'),
    client.getTasks('list-1'),
    client.getTaskIds('list-1'),
    client.getTaskTree('list-1'),
    client.getTaskListsByPlan('plan-1'),
    client.getPlans(),
    client.getConnection(),
  ]
  const before = read()
  sink.apply([
    examplePart('task', exampleTask({ status: 'completed' }), 2),
    examplePart('task', exampleTask({ id: 'more', position: 2 })),
    examplePart('tasklist', { ...list, status: 'in_progress' }, 2),
    examplePart('plan', examplePlan()),
  ])
  sink.status('reconnecting', 'cut')
  expect(read().map((value, index) => Object.is(value, before[index]))).toEqual(before.map(() => true))
  draw()
  expect(read().map((value, index) => Object.is(value, before[index]))).toEqual(before.map(() => false))
})

test('CLI-12 without animation frames a frame is a microtask', async () => {
  const { client, sink } = openClient()
  const heard = titlesHeard(client)
  for (let revision = 1; revision <= 10; revision += 1) sink.apply([titled(`title ${revision}`, revision)])
  expect(heard).toEqual(['title 1'])
  await nextMicrotask()
  expect(heard).toEqual(['title 1', 'title 10'])
})

describe('while the page is hidden', () => {
  test('CLI-12 a frame is a microtask', async () => {
    const { requested } = useFrames()
    vi.stubGlobal('document', { visibilityState: 'hidden' })
    const { client, sink } = openClient()
    const heard = titlesHeard(client)
    for (let revision = 1; revision <= 10; revision += 1) sink.apply([titled(`title ${revision}`, revision)])
    await nextMicrotask()
    expect(heard).toEqual(['title 1', 'title 10'])
    expect(requested()).toBe(0)
  })

  test('CLI-12 a frame that was requested before is not waited for', async () => {
    useFrames()
    const page = { visibilityState: 'visible' }
    vi.stubGlobal('document', page)
    const { client, sink } = openClient()
    const heard = titlesHeard(client)
    sink.apply([titled('seen', 1)])
    page.visibilityState = 'hidden'
    sink.apply([titled('hidden', 2)])
    await nextMicrotask()
    expect(heard).toEqual(['seen', 'hidden'])
  })

  test('CLI-12 what was waiting for a frame when the page was hidden comes within a moment', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    useFrames()
    const { client, sink } = openClient()
    const heard = titlesHeard(client)
    sink.apply([titled('seen', 1)])
    sink.apply([titled('waiting', 2)])
    vi.advanceTimersByTime(250)
    expect(heard).toEqual(['seen', 'waiting'])
    vi.useRealTimers()
  })
})

describe('PERF-23 catching up is one announcement', () => {
  const catchUps: Record<string, (sink: TransportSink) => void> = {
    'of a snapshot that says ready, then live': (sink) => {
      sink.reset()
      sink.apply(changes)
      sink.ready()
      sink.status('live')
    },
    'of a snapshot that says live, then ready': (sink) => {
      sink.reset()
      sink.apply(changes)
      sink.status('live')
      sink.ready()
    },
    'of what was missed': (sink) => {
      sink.apply(changes)
      sink.ready()
      sink.status('live')
    },
  }
  const changes = Array.from({ length: 10_000 }, (_, n) =>
    examplePart('task', exampleTask({ id: `t${n}`, position: n, progress: 'new' }), 2),
  )

  test.for(Object.keys(catchUps))('PERF-23 %s', (name) => {
    const { draw } = useFrames()
    const { client, sink } = openClient()
    sink.apply(
      changes.map((change) => ({ ...change, value: { ...change.value, progress: 'old' }, revision: 1 })),
    )
    sink.ready()
    draw()
    sink.status('reconnecting')
    draw()
    draw()
    const heard: ClientRef[] = []
    const refs: ClientRef[] = [
      { tasksOf: 'list-1' },
      { entity: 'task', key: 'list-1/t1' },
      { entity: 'task', key: 'list-1/t9999' },
      'connection',
    ]
    for (const ref of refs) client.subscribe(ref, () => heard.push(ref))
    catchUps[name]?.(sink)
    expect(new Set(heard)).toEqual(new Set(refs))
    draw()
    draw()
    expect(heard).toHaveLength(refs.length)
    expect(client.getTask('list-1', 't9999')?.progress).toBe('new')
    expect(client.getConnection().status).toBe('live')
  })
})

test('CLI-11 a change is announced only to those who asked for what changed', async () => {
  const { client, sink } = openClient()
  const heard: string[] = []
  const refs: Record<string, ClientRef> = {
    plan: { entity: 'plan', key: 'plan-1' },
    otherPlan: { entity: 'plan', key: 'plan-2' },
    plans: 'plans',
    list: { entity: 'tasklist', key: 'list-1' },
    lists: { listsOf: 'plan-1' },
    otherLists: { listsOf: 'plan-2' },
    task: { entity: 'task', key: 'list-1/build' },
    otherTask: { entity: 'task', key: 'list-1/test' },
    tasks: { tasksOf: 'list-1' },
    otherTasks: { tasksOf: 'list-2' },
    connection: 'connection',
  }
  for (const [name, ref] of Object.entries(refs)) client.subscribe(ref, () => heard.push(name))
  const heardAfter = async (change: () => void) => {
    await nextMicrotask()
    heard.length = 0
    change()
    await nextMicrotask()
    return heard.toSorted()
  }
  expect(await heardAfter(() => sink.apply([examplePart('plan', examplePlan())]))).toEqual(['plan', 'plans'])
  expect(await heardAfter(() => sink.apply([examplePart('tasklist', exampleTaskList())]))).toEqual([
    'list',
    'lists',
  ])
  expect(await heardAfter(() => sink.apply([examplePart('task', exampleTask())]))).toEqual(['task', 'tasks'])
  expect(await heardAfter(() => sink.apply([examplePart('task', exampleTask())]))).toEqual([])
  expect(
    await heardAfter(() => sink.apply([examplePart('tasklist', exampleTaskList({ planId: 'plan-2' }), 2)])),
  ).toEqual(['list', 'lists', 'otherLists'])
  expect(await heardAfter(() => sink.status('reconnecting'))).toEqual(['connection'])
})

test('CLI-11 a task that comes already removed is not announced to who waits for it', async () => {
  const { client, sink } = openClient()
  const listener = vi.fn<() => void>()
  client.subscribe({ entity: 'task', key: 'l1/t1' }, listener)
  sink.apply([part('task', 'l1/t1', { removedAt: 1 }, 1)])
  await nextMicrotask()
  sink.apply([part('task', 'l1/t1', { removedAt: 2 }, 2)])
  await nextMicrotask()
  expect(listener).not.toHaveBeenCalled()
})

test('CLI-12 what is no news does not use up the frame', () => {
  useFrames()
  const { client, sink } = openClient()
  const heard = titlesHeard(client)
  const plan = titled('one', 1)
  sink.apply([plan])
  const { client: other, sink: otherSink } = openClient(client.dehydrate())
  const otherHeard = titlesHeard(other)
  otherSink.apply([plan])
  otherSink.apply([titled('two', 2)])
  expect([heard, otherHeard]).toEqual([['one'], ['two']])
})

test('CLI-11 a listener is called once per announcement however many of its topics changed, and not after its undo', async () => {
  const { client, sink } = openClient()
  const listener = vi.fn<() => void>()
  const selected = vi.fn<() => void>()
  client.subscribe((view) => [view.getPlan('p1'), view.getPlan('p2'), view.getPlans()], selected)
  const undo = client.subscribe('plans', listener)
  const undoTwin = client.subscribe('plans', listener)
  sink.apply([part('plan', 'p1', {}, 1), part('plan', 'p2', {}, 1)])
  expect(selected).toHaveBeenCalledTimes(1)
  expect(listener).toHaveBeenCalledTimes(2)
  undo()
  undo()
  await nextMicrotask()
  sink.apply([part('plan', 'p1', { title: 'new' }, 2)])
  expect(listener).toHaveBeenCalledTimes(3)
  undoTwin()
  await nextMicrotask()
  sink.apply([part('plan', 'p1', { title: 'newer' }, 3)])
  expect(listener).toHaveBeenCalledTimes(3)
})

test('CLI-11 a listener that was undone by another one in the same announcement is not called', () => {
  const { client, sink } = openClient()
  const late = vi.fn<() => void>()
  let undo = () => {}
  client.subscribe('plans', () => undo())
  undo = client.subscribe('plans', late)
  sink.apply([part('plan', 'p1', {}, 1)])
  expect(late).not.toHaveBeenCalled()
})

describe('selectors', () => {
  test('CLI-10 a selector is compared by Object.is, and run only when something it read has changed', async () => {
    const { client, sink } = openClient()
    const selector = vi.fn<(view: CruxClientView) => unknown>((view) => view.getTask('l1', 't1')?.status)
    const listener = vi.fn<() => void>()
    client.subscribe(selector, listener)
    expect(selector).toHaveBeenCalledTimes(1)
    const change = async (key: string, fields: object, revision: number) => {
      sink.apply([part('task', key, fields, revision)])
      await nextMicrotask()
      return [selector.mock.calls.length, listener.mock.calls.length]
    }
    expect(await change('l1/t1', { status: 'pending' }, 1)).toEqual([2, 1])
    expect(await change('l1/t1', { status: 'pending', progress: 'half' }, 2)).toEqual([3, 1])
    expect(await change('l1/t2', { status: 'pending' }, 1)).toEqual([3, 1])
    expect(await change('l1/t1', { status: 'completed' }, 3)).toEqual([4, 2])
  })

  test('CLI-10 what a selector reads may change from run to run, also through the client it closes over', async () => {
    const { client, sink } = openClient()
    const titles: unknown[] = []
    const select = () => {
      const list = client.getTaskList('l1')
      return list?.planId === undefined ? 'none' : client.getPlan(list.planId)?.title
    }
    client.subscribe(select, () => titles.push(select()))
    const change = async (entity: 'plan' | 'tasklist', key: string, fields: object, revision: number) => {
      sink.apply([part(entity, key, fields, revision)])
      await nextMicrotask()
    }
    await change('plan', 'p1', { title: 'One' }, 1)
    expect(titles).toEqual([])
    await change('tasklist', 'l1', { planId: 'p1' }, 1)
    await change('plan', 'p1', { title: 'Two' }, 2)
    await change('tasklist', 'l1', { planId: 'p2' }, 2)
    await change('plan', 'p1', { title: 'Three' }, 3)
    await change('plan', 'p2', { title: 'Other' }, 1)
    expect(titles).toEqual(['One', 'Two', undefined, 'Other'])
  })

  test('CLI-10 a selector may use the client in any way, also subscribe to it', async () => {
    const { client, sink } = openClient()
    const listener = vi.fn<() => void>()
    client.subscribe(() => {
      client.subscribe(
        (view) => view.getPlan('p2'),
        () => {},
      )()
      return client.getPlan('p1')
    }, listener)
    sink.apply([part('plan', 'p2', {}, 1)])
    await nextMicrotask()
    expect(listener).not.toHaveBeenCalled()
    sink.apply([part('plan', 'p1', {}, 1)])
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('CLI-10 a selector that throws is reported and asked again after the next change', async () => {
    const reportError = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reportError)
    const { client, sink } = openClient()
    sink.apply([part('plan', 'p1', { title: 'One' }, 1)])
    await nextMicrotask()
    const listener = vi.fn<() => void>()
    client.subscribe((view) => {
      const title = view.getPlan('p1')?.title
      if (title === 'bad') throw new Error('cannot select')
      return title
    }, listener)
    sink.apply([part('plan', 'p1', { title: 'bad' }, 2)])
    await nextMicrotask()
    expect(reportError).toHaveBeenCalledWith(new Error('cannot select'))
    expect(listener).not.toHaveBeenCalled()
    sink.apply([part('plan', 'p1', { title: 'good' }, 3)])
    expect(listener).toHaveBeenCalledTimes(1)
  })

  test('CLI-10 a selector that throws when it is first run throws to who subscribes, and is not kept', () => {
    const { client, sink } = openClient()
    const select = vi.fn<(view: CruxClientView) => unknown>((view) => {
      view.getPlan('p1')
      throw new Error('cannot select')
    })
    expect(() => client.subscribe(select, () => {})).toThrow('cannot select')
    sink.apply([part('plan', 'p1', {}, 1)])
    expect(select).toHaveBeenCalledTimes(1)
  })
})

describe('listeners that throw', () => {
  test('CLI-12 their error goes to reportError and everybody else still hears', () => {
    const reportError = vi.fn<(error: unknown) => void>()
    vi.stubGlobal('reportError', reportError)
    const { client, sink } = openClient()
    const error = new Error('broken listener')
    const listener = vi.fn<() => void>()
    client.subscribe('plans', () => {
      throw error
    })
    client.subscribe('plans', listener)
    expect(() => sink.apply([part('plan', 'p1', {}, 1)])).not.toThrow()
    expect(reportError).toHaveBeenCalledExactlyOnceWith(error)
    expect(listener).toHaveBeenCalledTimes(1)
  })
})

test('CLI-12 a change that a listener causes is announced with the next frame, not inside the announcement', async () => {
  const { client, sink } = openClient()
  const heard: unknown[] = []
  client.subscribe('plans', () => {
    heard.push(client.getPlans().length)
    if (client.getPlans().length === 1) sink.apply([part('plan', 'p2', {}, 1)])
    heard.push(client.getPlans().length)
  })
  sink.apply([part('plan', 'p1', {}, 1)])
  expect(heard).toEqual([1, 1])
  await nextMicrotask()
  expect(heard).toEqual([1, 1, 2, 2])
})
