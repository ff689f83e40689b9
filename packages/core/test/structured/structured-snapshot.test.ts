import type { JsonValue } from '@crux/core'
import {
  applyToStreams,
  structuredSnapshot,
  type Chunk,
  type StructuredState,
  type StructuredStreams,
} from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunk } from './chunks.ts'

test('what is written so far comes back with a step for each of its members', () => {
  const state = fold([
    chunk({ kind: 'text-delta', path: 'subject', delta: 'Lau' }, { id: 'i', schemaVersion: '2' }),
    chunk({ kind: 'text-delta', path: 'subject', delta: 'nch' }),
    chunk({ kind: 'append', path: 'to', items: ['ann@example.com'] }),
  ])
  expect(structuredSnapshot(state)).toEqual([
    chunk({ kind: 'set', path: 'subject', value: 'Launch' }, { id: 'i', schemaVersion: '2' }),
    chunk({ kind: 'set', path: 'to', value: ['ann@example.com'] }, { id: 'i', schemaVersion: '2' }),
  ])
})

test('an object that is done comes back with its final, and takes no more', () => {
  const state = fold([
    chunk({ kind: 'set', path: 'a', value: 1 }),
    chunk({ kind: 'final', data: { a: 1, '': 2 } }),
  ])
  expect(structuredSnapshot(state)).toEqual([chunk({ kind: 'final', data: { a: 1, '': 2 } })])
})

test('an object that broke comes back broken, with what it had, or with nothing', () => {
  const failure = {
    type: 'error',
    streamId: 's',
    dataType: 'thing',
    code: 'stopped',
    message: 'No.',
  } as const
  const step = chunk({ kind: 'set', path: 'a', value: 1 })
  expect(structuredSnapshot(fold([step, failure]))).toEqual([step, failure])
  expect(structuredSnapshot(fold([failure]))).toEqual([failure])
  const told = { ...failure, id: 'i', node: 'n' }
  expect(structuredSnapshot(fold([told]))).toEqual([told])
})

test('a gap is made again, also inside what is an object with the empty key', () => {
  const state = fold([
    chunk({ kind: 'set', path: 'a', value: { '': 1, b: [2] } }),
    chunk({ kind: 'set', path: 'a.list.2.text', value: 'third' }),
    chunk({ kind: 'set', path: 'c.1', value: [] }),
  ])
  expect(state.data).toStrictEqual({
    a: { '': 1, b: [2], list: [undefined, undefined, { text: 'third' }] },
    c: [undefined, []],
  })
  expect(overTheWire(state)).toStrictEqual(state.data)
})

test('it goes on where it was, so that steps which come later fit', () => {
  const before = [
    chunk({ kind: 'text-delta', path: 'body', delta: 'Hi ' }),
    chunk({ kind: 'append', path: 'to', items: ['ann'] }),
  ]
  const after = [
    chunk({ kind: 'text-delta', path: 'body', delta: 'Ann' }),
    chunk({ kind: 'append', path: 'to', items: ['bo'] }),
  ]
  const joined = fold([...structuredSnapshot(fold(before)), ...after])
  expect(joined.data).toEqual(fold([...before, ...after]).data)
})

test('STR-23 any object at any moment is the same after its snapshot went over the wire', () => {
  const segment = fc.constantFrom('a', 'b', 'c\\.d', '\\7', '0', '1', '3')
  const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'))
  const value = fc.jsonValue({ maxDepth: 2 }).map((json): JsonValue => JSON.parse(JSON.stringify(json)))
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('set' as const), path, value }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('append' as const), path, items: fc.tuple(value) }),
    },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('text-delta' as const), path, delta: fc.string() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('final' as const), data: value }) },
  )
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const state = fold(steps.map((op) => chunk(op)))
      const again = fold(JSON.parse(JSON.stringify(structuredSnapshot(state))))
      expect(again.data).toStrictEqual(state.data)
      expect(endOf(again)).toEqual(endOf(state))
    }),
  )
})

function fold(chunks: readonly Chunk[]): StructuredState {
  let streams: StructuredStreams = new Map()
  for (const each of chunks) streams = applyToStreams(streams, each).streams
  const state = streams.get('s')
  if (!state) throw new Error('There is no such stream.')
  return state
}

function endOf(state: StructuredState) {
  if (state.status !== 'error') return state.status
  return [state.error.code, state.error.message]
}

function overTheWire(state: StructuredState): unknown {
  return fold(JSON.parse(JSON.stringify(structuredSnapshot(state)))).data
}
