import {
  applyToStreams,
  structuredAs,
  StructuredStreamError,
  type StructuredLimits,
  type StructuredStreams,
} from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { broken, chunk } from './chunks.ts'

const runs = Number(process.env['CRUX_RUNS'] ?? 1500)

const none: StructuredStreams = new Map()

function fold(chunks: readonly unknown[], limits?: StructuredLimits, from = none) {
  let streams = from
  const errors: (string | null)[] = []
  for (const each of chunks) {
    const applied = applyToStreams(streams, each, limits)
    streams = applied.streams
    errors.push(applied.error?.code ?? null)
  }
  return { streams, errors }
}

const set = (streamId: string, path: string) => chunk({ kind: 'set', path, value: 1 }, { streamId })

test('STR-17 of three interleaved streams one breaks, and heals by final', () => {
  const { streams, errors } = fold([
    set('a', 'x'),
    set('b', 'x'),
    set('c', 'x'),
    set('b', 'x.y'),
    { type: 'text-delta', delta: 'hello' },
    set('a', 'z'),
    set('b', 'z'),
    chunk({ kind: 'final', data: 'c' }, { streamId: 'c' }),
  ])
  expect(errors).toEqual([null, null, null, 'container-conflict', null, null, null, null])
  expect([...streams.keys()]).toEqual(['a', 'b', 'c'])
  expect(streams.get('a')).toMatchObject({ status: 'streaming', data: { x: 1, z: 1 } })
  expect(streams.get('b')).toMatchObject({
    status: 'error',
    data: { x: 1 },
    error: { code: 'container-conflict', path: 'x.y' },
  })
  expect(streams.get('c')).toMatchObject({ status: 'done', data: 'c' })
  const healed = fold([chunk({ kind: 'final', data: 'b' }, { streamId: 'b' })], undefined, streams)
  expect(healed.streams.get('b')).toMatchObject({ status: 'done', data: 'b' })
})

test('STR-17 a stream that is done keeps its state, and the first error of a stream stays', () => {
  const done = fold([chunk({ kind: 'final', data: 1 })])
  const late = applyToStreams(done.streams, set('s', 'x'))
  expect(late.streams).toBe(done.streams)
  expect(late.error?.code).toBe('after-final')
  const told = applyToStreams(done.streams, { type: 'error', streamId: 's', message: 'late' })
  expect(told).toEqual({ streams: done.streams, error: null })

  const failed = fold([set('s', 'x'), { type: 'error', streamId: 's', code: 'first', message: 'm' }])
  expect(applyToStreams(failed.streams, set('s', 'y'))).toEqual({ streams: failed.streams, error: null })
  expect(applyToStreams(failed.streams, set('s', 'y')).streams).toBe(failed.streams)
  const again = applyToStreams(failed.streams, broken({ kind: 'move' }))
  expect(again.streams).toBe(failed.streams)
  expect(again.error?.code).toBe('unknown-kind')
  expect(failed.streams.get('s')).toMatchObject({ error: { code: 'first', message: 'm' }, data: { x: 1 } })
})

test('STR-17 an error chunk without code gives code error', () => {
  const { streams } = fold([set('s', 'x'), { type: 'error', streamId: 's', message: 'sorry' }])
  expect(streams.get('s')).toMatchObject({ status: 'error', error: { code: 'error', message: 'sorry' } })
  const odd = fold([{ type: 'error', streamId: 's', dataType: 't', code: 5, message: null }])
  expect(odd.streams.get('s')).toMatchObject({ error: { code: 'error', message: 'The stream failed.' } })
})

test('STR-17 a stream not seen before is made only by a chunk that names its sort', () => {
  expect(fold([{ type: 'error', streamId: 's', message: 'm' }]).streams.size).toBe(0)
  expect(
    fold([{ type: 'error', streamId: 's', dataType: 't', message: 'm' }]).streams.get('s'),
  ).toMatchObject({
    status: 'error',
    data: undefined,
    dataType: 't',
  })
  expect(fold([broken({ kind: 'move', dataType: 7 })]).streams.size).toBe(0)
  expect(fold([broken({ kind: 'move' })]).streams.get('s')).toMatchObject({
    status: 'error',
    data: undefined,
  })
})

test('STR-10 STR-16 STR-17 an error is a change of its stream, and says whose it is where nothing else has', () => {
  const meta = { id: 'i', node: 'n', schemaId: 'x', schemaVersion: '1' }
  const begun = fold([chunk({ kind: 'set', path: 'x', value: 1 }, meta), broken({ kind: 'move', node: 'm' })])
  expect(begun.streams.get('s')).toMatchObject({ ...meta, revision: 2, size: 2, status: 'error' })
  for (const first of [
    broken({ kind: 'move', ...meta }),
    { type: 'error', streamId: 's', dataType: 't', ...meta },
  ])
    expect(fold([first]).streams.get('s')).toMatchObject({ ...meta, revision: 1, size: 0, status: 'error' })
  expect(fold([broken({ kind: 'move', node: 5 })]).streams.get('s')).not.toHaveProperty('node')
})

test('STR-14 STR-17 what a chunk throws when it is read is the cause', () => {
  const cause = new Error('no')
  const value = {
    get broken() {
      throw cause
    },
  }
  const { streams, error } = applyToStreams(none, broken({ kind: 'set', path: 'a', value }))
  expect(error).toMatchObject({ code: 'malformed-chunk', streamId: 's', cause })
  expect(streams.get('s')).toMatchObject({ status: 'error', error: { code: 'malformed-chunk' } })
})

test('STR-17 a chunk without a usable stream id, or of another type, changes nothing', () => {
  const { streams } = fold([set('s', 'x')])
  for (const streamId of [undefined, '', 5, 'x'.repeat(257)]) {
    const bad = applyToStreams(streams, { ...set('s', 'y'), streamId })
    expect(bad.streams).toBe(streams)
    expect(bad.error?.code).toBe('malformed-chunk')
    expect(applyToStreams(streams, { type: 'error', message: 'm', streamId })).toEqual({
      streams,
      error: null,
    })
  }
  for (const other of [{ type: 'done' }, { type: 'app.thing', streamId: 's' }, { type: 5 }])
    expect(applyToStreams(streams, other)).toEqual({ streams, error: null })
  for (const no of [null, undefined, 1, 'text', []])
    expect(applyToStreams(streams, no).error?.code).toBe('malformed-chunk')
})

test('STR-16 there are at most maxStreams streams, however they begin', () => {
  const limits = { maxStreams: 2 }
  const { streams } = fold([set('a', 'x'), set('b', 'x')], limits)
  for (const extra of [set('c', 'x'), { type: 'error', streamId: 'c', dataType: 't', message: 'm' }]) {
    const over = applyToStreams(streams, extra, limits)
    expect(over.streams).toBe(streams)
    expect(over.error?.code).toBe('limit-exceeded')
  }
  expect(fold([set('a', 'y')], limits, streams).streams.get('a')?.data).toEqual({ x: 1, y: 1 })
})

test('STR-16 256 streams by default', () => {
  const { streams, errors } = fold(Array.from({ length: 257 }, (_, index) => set(`s${index}`, 'x')))
  expect(streams.size).toBe(256)
  expect(errors.filter((code) => code !== null)).toEqual(['limit-exceeded'])
})

test('STR-18 a state is typed by its dataType', () => {
  const state = fold([set('s', 'subject')]).streams.get('s')
  if (!state) throw new Error('no state')
  expect(structuredAs<{ subject: number }>(state, 'thing')).toBe(state)
  expect(structuredAs(state, 'other')).toBeUndefined()
})

test('STR-18 REL-21 __proto__ is an id like any other, and no prototype is changed', () => {
  const { streams } = fold([
    set('__proto__', 'x'),
    broken({ streamId: 'v', kind: 'set', path: 'a', value: JSON.parse('{"__proto__":{"polluted":1}}') }),
    broken({ streamId: 'p', kind: 'set', path: 'constructor.prototype.polluted', value: 1 }),
    broken({ streamId: 'f', kind: 'final', data: JSON.parse('[{"deep":{"__proto__":{"polluted":1}}}]') }),
    broken({ streamId: 'i', kind: 'append', path: 'a', items: JSON.parse('[{"prototype":1}]') }),
  ])
  expect(streams.get('__proto__')).toMatchObject({ data: { x: 1 } })
  for (const id of ['v', 'p', 'f', 'i'])
    expect(streams.get(id)).toMatchObject({ status: 'error', error: { code: 'forbidden-key' } })
  expect({}).not.toHaveProperty('polluted')
})

test(
  'REL-20 REL-21 STR-17 whatever comes, nothing throws, and errors are typed',
  { timeout: 60_000 + runs * 20 },
  () => {
    const path = fc.oneof(
      fc.stringMatching(/^[ab01.\\*]{0,8}$/),
      fc.constantFrom('__proto__', 'a.constructor', '9999999'),
    )
    const field = fc.oneof({ weight: 3, arbitrary: fc.jsonValue() }, { weight: 1, arbitrary: fc.anything() })
    const any = fc.record(
      {
        type: fc.constantFrom('structured-data', 'structured-data', 'error', 'done'),
        streamId: fc.constantFrom('a', 'b', '__proto__', '', 7),
        dataType: fc.constantFrom('t', 't', 't', 'u', 5),
        kind: fc.constantFrom('set', 'append', 'text-delta', 'final', 'move'),
        path,
        value: field,
        items: fc.oneof(fc.array(field, { maxLength: 3 }), field),
        delta: fc.oneof(fc.string(), field),
        data: field,
        message: fc.oneof(fc.string(), field),
        code: fc.oneof(fc.string(), field),
      },
      { requiredKeys: ['type', 'streamId', 'dataType'] },
    )
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 9, arbitrary: any }, fc.anything()), { maxLength: 12 }),
        (chunks) => {
          let streams = none
          for (const each of chunks) {
            const before = [...streams.values()]
            const applied = applyToStreams(streams, each, { maxTotalLength: 500 })
            expect(applied.error === null || StructuredStreamError.is(applied.error)).toBe(true)
            streams = applied.streams
            for (const [index, state] of before.entries()) {
              // Others than the one that is named keep their state.
              const now = [...streams.values()][index]
              const named = Reflect.get(Object(each), 'streamId')
              const mayChange = state.streamId === named && state.status !== 'done'
              expect(mayChange || now === state).toBe(true)
            }
            for (const { size } of streams.values()) expect(size).toBeLessThanOrEqual(500)
          }
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      ),
      { numRuns: runs },
    )
  },
)
