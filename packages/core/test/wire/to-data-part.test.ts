import { toDataChunk, toDataPart, type CruxRecord } from '@crux/core'
import { exampleTask } from '@crux/core/testing'
import { expect, test } from 'vitest'

const record: CruxRecord<'task'> = {
  entity: 'task',
  key: 'list-1/build',
  value: exampleTask(),
  event: 'added',
  revision: 2,
  seq: 57,
}

test('LIVE-1 a data part holds what clients need of a record, and nothing else', () => {
  expect(toDataPart(record)).toEqual({
    entity: 'task',
    key: 'list-1/build',
    value: exampleTask(),
    event: 'added',
    revision: 2,
  })
  expect(toDataPart({ ...record, value: { removedAt: 5 }, event: 'removed' }).value).toEqual({ removedAt: 5 })
})

test('LIVE-30 a chunk is named by entity and key, and has no other key at its top level', () => {
  const part = toDataPart(record)
  expect(toDataChunk(part, true)).toEqual({
    type: 'data-crux',
    id: 'task:list-1/build',
    data: part,
    transient: true,
  })
  expect(toDataChunk(part, false)).toEqual({
    type: 'data-crux',
    id: 'task:list-1/build',
    data: part,
    transient: false,
  })
})
