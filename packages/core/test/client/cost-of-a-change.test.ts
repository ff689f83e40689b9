import type { Task } from '@crux/core'
import { createCruxClient, createMockTransport } from '@crux/core/client'
import { exampleTask, exampleTaskList } from '@crux/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

const nextMicrotask = () => Promise.resolve().then(() => {})

/** A client with a list of that many tasks, which counts how often anything of a task is looked at. */
async function openList(size: number) {
  const looks = { count: 0 }
  const counted = <T extends object>(value: T): T =>
    new Proxy(value, {
      get(target, name, receiver) {
        looks.count += 1
        return Reflect.get(target, name, receiver)
      },
      ownKeys(target) {
        looks.count += 1
        return Reflect.ownKeys(target)
      },
    })
  let deliver: ((fields: Partial<Task>) => void) | undefined
  const client = createCruxClient({
    transport: {
      kind: 'test',
      connect(sink) {
        const put = (fields: object, revision: number, position: number) => ({
          entity: 'task' as const,
          key: `list-1/t${position}`,
          value: counted({ ...exampleTask({ id: `t${position}`, position }), ...fields }),
          event: 'updated' as const,
          revision,
        })
        sink.apply(Array.from({ length: size }, (_, position) => put({}, 1, position)))
        sink.ready()
        let revision = 1
        deliver = (fields) => sink.apply([put(fields, (revision += 1), 5)])
        return () => {}
      },
    },
  })
  onTestFinished(() => client.close())
  const subscriptions: string[] = []
  for (let row = 0; row < size; row += 1) {
    client.subscribe({ entity: 'task', key: `list-1/t${row}` }, () => subscriptions.push(`t${row}`))
  }
  // As rows and a long list do when they render: everything is read once.
  client.getTaskIds('list-1')
  for (let row = 0; row < size; row += 1) client.getTask('list-1', `t${row}`)
  await nextMicrotask()
  return {
    client,
    /** How often tasks are looked at, and who is called, for one change and the reads that follow it. */
    costOf: async (fields: Partial<Task>, read: () => void) => {
      await nextMicrotask()
      looks.count = 0
      subscriptions.length = 0
      deliver?.(fields)
      await nextMicrotask()
      read()
      return { looks: looks.count, called: [...subscriptions] }
    },
  }
}

describe('PERF-22 a change with 10,000 tasks costs what it costs with 10', () => {
  test('PERF-22 for rows that each watch one task, and for the ids of the list', async () => {
    const costs = []
    for (const size of [10, 10_000]) {
      const { client, costOf } = await openList(size)
      const before = client.getTaskIds('list-1')
      costs.push(
        await costOf({ progress: `of ${size}` }, () => {
          expect(client.getTask('list-1', 't5')?.progress).toBe(`of ${size}`)
          expect(client.getTaskIds('list-1')).toBe(before)
        }),
      )
    }
    expect(costs[1]).toEqual(costs[0])
    expect(costs[1]?.called).toEqual(['t5'])
  })

  test('PERF-22 for a change of status together with its list, as progress shows it', async () => {
    const costs = []
    for (const size of [10, 10_000]) {
      const { client, costOf } = await openList(size)
      costs.push(await costOf({ status: 'completed' }, () => void client.getTaskList('list-1')))
    }
    expect(costs[1]).toEqual(costs[0])
  })

  test('PERF-22 all tasks are looked at when somebody reads all of them, and only then', async () => {
    const { client, costOf } = await openList(1000)
    const cost = await costOf({ progress: 'half' }, () =>
      expect(client.getTasks('list-1')).toHaveLength(1000),
    )
    expect(cost.looks).toBeGreaterThan(1000)
  })
})

test('CLI-11 announcing costs what those who listen cost, not what all subscribers cost', async () => {
  const transport = createMockTransport({ taskLists: [exampleTaskList()] })
  const client = createCruxClient({ transport })
  onTestFinished(() => client.close())
  let selectorRuns = 0
  let calls = 0
  for (let row = 0; row < 1000; row += 1) {
    client.subscribe(
      (view) => {
        selectorRuns += 1
        return view.getTask('list-1', `t${row}`)?.status
      },
      () => {
        calls += 1
      },
    )
  }
  await nextMicrotask()
  selectorRuns = 0
  transport.set('task', { id: 't7', taskListId: 'list-1', status: 'completed' })
  expect([selectorRuns, calls]).toEqual([1, 1])
})
