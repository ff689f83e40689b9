import { createCruxStore, type RevisionRef } from '@crux/core'
import { faultyDriver } from '@crux/core/testing'
import { expect, test } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { listWrite, planWrite, taskWrites } from '../../src/testing/store-contract/example-writes.ts'

function open() {
  const base = createInMemoryDriver()
  const faulty = faultyDriver(base)
  const forgotten: (readonly RevisionRef[])[] = []
  const store = createCruxStore({
    ...faulty.driver,
    forget: (refs) => {
      forgotten.push(refs)
      return faulty.driver.forget(refs)
    },
  })
  return { faulty, forgotten, store, other: createCruxStore(base) }
}

test('STO-21 forget is called once per list, with the list and all its tasks', async () => {
  const { store, forgotten } = open()
  await store.commit([listWrite('a:l', { completedAt: 1 }), ...taskWrites('a:l', 450)])
  await store.commit([
    listWrite('a:m', { completedAt: 1 }),
    ...taskWrites('a:m', 3),
    planWrite('a:p', { discardedAt: 1 }),
  ])
  expect(await store.purge({ before: 2 })).toBe(456)
  expect(forgotten.map((refs) => [refs[0]?.key, refs.length])).toEqual([
    ['a:l', 451],
    ['a:m', 4],
    ['a:p', 1],
  ])
})

test('STO-11 a list of which a task was written meanwhile is looked at again, and then forgotten', async () => {
  const { store, faulty, forgotten, other } = open()
  const { records } = await store.commit([listWrite('a:l', { completedAt: 1 }), ...taskWrites('a:l', 2)])
  faulty.next('forget', async (execute) => {
    const task = records[1]
    if (task?.entity === 'task') {
      await other.commit([{ ...task, event: 'updated', ifRevision: task.revision }])
    }
    return execute()
  })
  expect(await store.purge({ before: 2 })).toBe(3)
  expect(forgotten).toHaveLength(2)
  expect((await other.list()).records).toEqual([])
})
