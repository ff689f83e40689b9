import {
  applyStructuredChunk,
  StructuredStreamError,
  type StructuredChunk,
  type StructuredLimits,
  type StructuredOp,
  type StructuredState,
} from '@crux/core/structured'
import { CruxError } from '@crux/core/errors'
import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { deepFreeze } from '../../src/json/deep-freeze.ts'
import { broken, chunk } from './chunks.ts'

/** A state whose data was sent as far as `data`. */
function stateWith(data: unknown): StructuredState {
  const base = { streamId: 's', dataType: 'thing', revision: 1, size: 1, status: 'streaming' } as const
  return deepFreeze({ ...base, data })
}

function errorOf(call: () => unknown): StructuredStreamError {
  try {
    call()
  } catch (error) {
    if (StructuredStreamError.is(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

const codeOf = (state: StructuredState | undefined, given: StructuredChunk, limits?: StructuredLimits) =>
  errorOf(() => applyStructuredChunk(state, given, limits)).code

const apply = (data: unknown, op: StructuredOp) => applyStructuredChunk(stateWith(data), chunk(op)).data

test('STR-6 nothing given is changed, and what is not on the path keeps its identity', () => {
  const state = stateWith({ sections: [{ body: 'a' }, { body: 'b' }], to: ['x'] })
  const value = deepFreeze({ deep: [1] })
  const next = applyStructuredChunk(state, deepFreeze(chunk({ kind: 'set', path: 'sections.0.meta', value })))
  const before = state.data as { sections: unknown[]; to: unknown }
  const after = next.data as { sections: { meta?: unknown }[]; to: unknown }
  expect(after).toEqual({ sections: [{ body: 'a', meta: { deep: [1] } }, { body: 'b' }], to: ['x'] })
  expect(after.to).toBe(before.to)
  expect(after.sections[1]).toBe(before.sections[1])
  expect(after.sections[0]?.meta).toBe(value)
  expect(state.data).toEqual({ sections: [{ body: 'a' }, { body: 'b' }], to: ['x'] })
})

test.each<[string, unknown, unknown, unknown]>([
  ['missing', undefined, { v: [2, 3] }, { v: 'c' }],
  ['an array', [1], { v: [1, 2, 3] }, 'text-delta-non-string'],
  ['a string', 'ab', 'append-non-array', { v: 'abc' }],
  ['an object', { a: 1 }, 'append-non-array', 'text-delta-non-string'],
  ['a number', 1, 'append-non-array', 'text-delta-non-string'],
  ['null', null, 'append-non-array', 'text-delta-non-string'],
])('STR-7 every kind on a leaf that is %s', (_name, v, appended, grown) => {
  const outcome = (op: StructuredOp) => {
    try {
      return apply({ v }, op)
    } catch (error) {
      return StructuredStreamError.is(error) ? error.code : error
    }
  }
  expect(outcome({ kind: 'set', path: 'v', value: 0 })).toEqual({ v: 0 })
  expect(outcome({ kind: 'append', path: 'v', items: [2, 3] })).toEqual(appended)
  expect(outcome({ kind: 'text-delta', path: 'v', delta: 'c' })).toEqual(grown)
})

test.each([[null], ['text'], [0], [[1]], [{ other: true }]])(
  'STR-7 final throws away what was built for %j',
  (data) => {
    const state = applyStructuredChunk(stateWith({ a: 1 }), chunk({ kind: 'final', data }))
    expect(state).toMatchObject({ status: 'done', data, revision: 2, size: JSON.stringify(data).length })
  },
)

test('STR-8 containers are made as the next segment demands, and never overwritten', () => {
  expect(apply(undefined, { kind: 'set', path: '0.name', value: 'x' })).toEqual([{ name: 'x' }])
  expect(apply({}, { kind: 'set', path: 'a.0.b', value: 1 })).toEqual({ a: [{ b: 1 }] })
  expect(apply({ a: [undefined] }, { kind: 'set', path: 'a.0.b', value: 1 })).toEqual({ a: [{ b: 1 }] })
  for (const data of [{ a: 'text' }, { a: 5 }, { a: null }, { a: [] }])
    expect(codeOf(stateWith(data), chunk({ kind: 'set', path: 'a.b', value: 1 }))).toBe('container-conflict')
  expect(codeOf(stateWith({ a: {} }), chunk({ kind: 'set', path: 'a.0', value: 1 }))).toBe(
    'container-conflict',
  )
})

test('STR-9 a gap is filled with undefined up to its limit', () => {
  expect(apply({ list: ['a'] }, { kind: 'set', path: 'list.3', value: 'd' })).toEqual({
    list: ['a', undefined, undefined, 'd'],
  })
  expect(apply(undefined, { kind: 'set', path: '1000', value: 1 })).toHaveLength(1001)
  expect(codeOf(undefined, chunk({ kind: 'set', path: '1001', value: 1 }))).toBe('index-out-of-range')
})

test('STR-9 STR-16 the gap is counted from the end of the array, and only a gap is filled', () => {
  const state = stateWith({ list: ['a', 'b', 'c'] })
  const set = (index: number) => chunk({ kind: 'set', path: `list.${index}`, value: 0 })
  expect(applyStructuredChunk(state, set(5), { maxIndexGap: 2 }).size).toBe(1 + 'list.5'.length + 1 + 2)
  expect(codeOf(state, set(6), { maxIndexGap: 2 })).toBe('index-out-of-range')
  expect(applyStructuredChunk(state, set(0)).size).toBe(1 + 'list.0'.length + 1)
})

test('STR-9 an index far away costs nothing, or this would not end in time', () => {
  for (const path of ['4294967294', '50000000', 'list.50000000.name']) {
    const given = chunk({ kind: 'set', path, value: 1 })
    for (let run = 0; run < 500; run++) expect(codeOf(undefined, given)).toBe('index-out-of-range')
  }
})

test('STR-9 only own properties are read and written', () => {
  expect(apply({}, { kind: 'append', path: 'toString', items: [1] })).toEqual({ toString: [1] })
  expect(apply([], { kind: 'set', path: '0', value: 1 })).toEqual([1])
  expect(codeOf(stateWith([]), chunk({ kind: 'set', path: 'length', value: 9 }))).toBe('container-conflict')
})

test('STR-10 a chunk of another stream or sort is refused', () => {
  const state = stateWith({})
  const op: StructuredOp = { kind: 'set', path: 'a', value: 1 }
  expect(codeOf(state, chunk(op, { streamId: 'other' }))).toBe('stream-mismatch')
  expect(codeOf(state, chunk(op, { dataType: 'other' }))).toBe('stream-mismatch')
})

test('STR-10 id, node and schema stay until a chunk brings others', () => {
  const op: StructuredOp = { kind: 'set', path: 'a', value: 1 }
  const first = applyStructuredChunk(
    undefined,
    chunk(op, { id: 'i', node: 'n', schemaId: 'x', schemaVersion: '1' }),
  )
  const next = applyStructuredChunk(first, chunk(op, { node: 'm' }))
  expect(next).toMatchObject({ id: 'i', node: 'm', schemaId: 'x', schemaVersion: '1' })
  expect(applyStructuredChunk(undefined, chunk(op))).not.toHaveProperty('id')
})

test('STR-11 nothing follows final, and final repairs what broke', () => {
  const done = applyStructuredChunk(undefined, chunk({ kind: 'final', data: 1 }))
  for (const op of [
    { kind: 'final', data: 1 },
    { kind: 'set', path: 'a', value: 1 },
  ] as const)
    expect(codeOf(done, chunk(op))).toBe('after-final')

  const failed: StructuredState = {
    ...stateWith({ a: 1 }),
    status: 'error',
    error: { code: 'x', message: 'y' },
  }
  for (const path of ['b', 'a.b.c', '..', 'b.prototype'])
    expect(applyStructuredChunk(failed, chunk({ kind: 'set', path, value: 2 }))).toBe(failed)
  expect(codeOf(failed, broken({ kind: 'set', path: 'b' }))).toBe('malformed-chunk')
  expect(codeOf(failed, chunk({ kind: 'final', data: 1 }, { dataType: 'other' }))).toBe('stream-mismatch')
  const healed = applyStructuredChunk(failed, chunk({ kind: 'final', data: { a: 2 } }))
  expect(healed).toMatchObject({ status: 'done', data: { a: 2 } })
  expect(healed).not.toHaveProperty('error')
})

test('STR-12 of several mistakes the first in order is told', () => {
  const done = applyStructuredChunk(undefined, chunk({ kind: 'final', data: 1 }))
  const state = stateWith({ a: 'text' })
  const worst = { dataType: 'other', path: '..', value: { constructor: 1n } }
  expect(codeOf(done, broken({ ...worst, kind: 'set' }))).toBe('malformed-chunk')
  expect(codeOf(done, broken({ ...worst, kind: 'move' }))).toBe('unknown-kind')
  expect(codeOf(done, broken({ ...worst, value: 1, kind: 'set' }))).toBe('stream-mismatch')
  expect(codeOf(done, broken({ path: '..', value: 1, kind: 'set' }))).toBe('after-final')
  expect(codeOf(state, broken({ path: '..', value: { constructor: 1 }, kind: 'set' }))).toBe('malformed-path')
  expect(codeOf(state, broken({ path: 'a.b', value: { constructor: 1 }, kind: 'set' }))).toBe('forbidden-key')
  expect(codeOf(state, broken({ path: 'a.b', value: 1, kind: 'set' }), { maxTotalLength: 1 })).toBe(
    'container-conflict',
  )
  expect(codeOf(state, broken({ path: 'a', delta: 'xyz', kind: 'text-delta' }), { maxTotalLength: 1 })).toBe(
    'limit-exceeded',
  )
})

test('STR-13 a chunk that comes twice counts twice', () => {
  const delta = chunk({ kind: 'text-delta', path: 'body', delta: 'ha' })
  expect(applyStructuredChunk(applyStructuredChunk(undefined, delta), delta).data).toEqual({ body: 'haha' })
})

test('STR-14 the error is a CruxError that says where and what', () => {
  const error = errorOf(() =>
    applyStructuredChunk(stateWith({ body: 'x' }), chunk({ kind: 'set', path: 'body.0', value: 1 })),
  )
  expect(CruxError.is(error, 'container-conflict')).toBe(true)
  expect(StructuredStreamError.is(error, 'after-final')).toBe(false)
  expect(StructuredStreamError.is(new CruxError('conflict', 'x'))).toBe(false)
  expect(error).toMatchObject({
    streamId: 's',
    path: 'body.0',
    at: 'body',
    expected: 'an array',
    found: 'string',
  })
})

const cycle: Record<string, unknown> = {}
cycle['again'] = [cycle]

test.each([
  ['no streamId', { streamId: undefined, kind: 'final', data: 1 }],
  ['an empty streamId', { streamId: '', kind: 'final', data: 1 }],
  ['a long streamId', { streamId: 'x'.repeat(257), kind: 'final', data: 1 }],
  ['another type', { type: 'done', kind: 'final', data: 1 }],
  ['no dataType', { dataType: undefined, kind: 'final', data: 1 }],
  ['a node that is no text', { node: 1, kind: 'final', data: 1 }],
  ['no kind', {}],
  ['no value', { kind: 'set', path: 'a' }],
  ['no path', { kind: 'set', value: 1 }],
  ['no data', { kind: 'final' }],
  ['items that are no array', { kind: 'append', path: 'a', items: 'xy' }],
  ['a delta that is no text', { kind: 'text-delta', path: 'a', delta: 1 }],
  ['a bigint', { kind: 'set', path: 'a', value: { b: [1n] } }],
  ['a function', { kind: 'final', data: { f: () => 1 } }],
  ['a symbol', { kind: 'append', path: 'a', items: [Symbol('x')] }],
  ['NaN', { kind: 'set', path: 'a', value: Number.NaN }],
  ['Infinity', { kind: 'set', path: 'a', value: [Infinity] }],
  ['a date', { kind: 'set', path: 'a', value: new Date(0) }],
  ['a cycle', { kind: 'set', path: 'a', value: cycle }],
  ['an array of nothing', { kind: 'append', path: 'a', items: Array(2 ** 32 - 1) }],
  ['an item that is undefined', { kind: 'append', path: 'a', items: [1, undefined] }],
])('STR-14 %s is malformed', (_name, fields) => {
  expect(codeOf(undefined, broken(fields))).toBe('malformed-chunk')
})

test('STR-14 JSON are plain objects of any realm, in any place more than once; what is undefined is not there', () => {
  const shared = Object.assign(Object.create(null), { a: 1, b: undefined })
  const data = [shared, shared, runInNewContext('({ c: [2] })')]
  expect(applyStructuredChunk(undefined, broken({ kind: 'final', data }))).toMatchObject({
    data: [{ a: 1 }, { a: 1 }, { c: [2] }],
    size: '[{"a":1},{"a":1},{"c":[2]}]'.length,
  })
})

test('STR-15 messages name stream, path and place, and no value', () => {
  const messageOf = (data: unknown, op: Readonly<Record<string, unknown>>, limits?: StructuredLimits) =>
    errorOf(() => applyStructuredChunk(stateWith(data), broken({ streamId: 's', ...op }), limits)).message
  const secret = 'secret-value'
  expect([
    messageOf({ body: secret }, { kind: 'set', path: 'body.0', value: 1 }),
    messageOf({ a: 1 }, { kind: 'set', path: '0', value: 1 }),
    messageOf([], { kind: 'set', path: '5000', value: 1 }),
    messageOf({ a: secret }, { kind: 'append', path: 'a', items: [1] }),
    messageOf({ a: null }, { kind: 'text-delta', path: 'a', delta: secret }),
    messageOf({}, { kind: 'set', path: 'a..b', value: secret }),
    messageOf({}, { kind: 'set', path: 'a.__proto__', value: secret }),
    messageOf({}, { kind: 'set', path: 'a', value: { constructor: secret } }),
    messageOf({}, { kind: 'set', path: 'a', value: [secret, 1n] }),
    messageOf({}, { kind: 'set', path: 'a', value: secret }, { maxTotalLength: 3 }),
    messageOf({}, { kind: 'set', path: 'a.b.c', value: secret }, { maxDepth: 2 }),
    messageOf({}, { kind: secret, path: 'a' }),
    messageOf({}, { kind: 'set', path: 'a', dataType: secret, value: 1 }),
  ]).toMatchInlineSnapshot(`
    [
      "Stream "s", path "body.0": needs an array at "body", found string (container-conflict).",
      "Stream "s", path "0": needs an array at the root, found object (container-conflict).",
      "Stream "s", path "5000": needs an index of at most 1000 at the root, found 5000 (index-out-of-range).",
      "Stream "s", path "a": needs an array at "a", found string (append-non-array).",
      "Stream "s", path "a": needs a string at "a", found null (text-delta-non-string).",
      "Stream "s", path "a..b": has an empty segment (malformed-path).",
      "Stream "s", path "a.__proto__": has a key that is not allowed (forbidden-key).",
      "Stream "s", path "a": the value has a key that is not allowed (forbidden-key).",
      "Stream "s", path "a": the value must be JSON and holds bigint (malformed-chunk).",
      "Stream "s", path "a": holds more than 3 characters (limit-exceeded).",
      "Stream "s", path "a.b.c": is more than 2 levels deep (limit-exceeded).",
      "Stream "s": its kind is not known (unknown-kind).",
      "Stream "s", path "a": belongs to another dataType (stream-mismatch).",
    ]
  `)
})

test('STR-15 a long path is cut', () => {
  const path = 'x'.repeat(100_000)
  const { message } = errorOf(() =>
    applyStructuredChunk(stateWith([]), chunk({ kind: 'set', path, value: 1 })),
  )
  expect(message).toContain('xxx…": needs an object at the root')
  expect(message.length).toBeLessThan(400)
})

test('STR-16 depth counts segments and nesting together', () => {
  const nested = (depth: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < depth; level++) value = [value]
    return value
  }
  const path = 'a.b.c.d'
  const set = (depth: number) => broken({ kind: 'set', path, value: nested(depth) })
  expect(applyStructuredChunk(undefined, set(60)).revision).toBe(1)
  expect(codeOf(undefined, set(61))).toBe('limit-exceeded')
  expect(codeOf(undefined, broken({ kind: 'final', data: nested(65) }))).toBe('limit-exceeded')
  expect(codeOf(undefined, broken({ kind: 'final', data: nested(50_000) }))).toBe('limit-exceeded')
  expect(codeOf(undefined, broken({ kind: 'append', path, items: nested(61) }))).toBe('limit-exceeded')
  expect(applyStructuredChunk(undefined, broken({ kind: 'final', data: nested(64) })).status).toBe('done')
  expect(
    applyStructuredChunk(undefined, broken({ kind: 'set', path: 'a', value: [] }), { maxDepth: 2 }).size,
  ).toBe(3)
  expect(codeOf(undefined, broken({ kind: 'set', path: 'a', value: [] }), { maxDepth: 1 })).toBe(
    'limit-exceeded',
  )
})

test('STR-16 size counts paths, text, values and filled places', () => {
  let state = applyStructuredChunk(undefined, chunk({ kind: 'set', path: 'ab', value: { x: [1, 'y'] } }))
  expect(state.size).toBe(2 + '{"x":[1,"y"]}'.length)
  const before = state.size
  state = applyStructuredChunk(state, chunk({ kind: 'text-delta', path: 'cd', delta: 'hé"' }))
  expect(state.size).toBe(before + 2 + 3)
  state = applyStructuredChunk(state, chunk({ kind: 'set', path: 'l.3', value: true }))
  expect(state.size).toBe(before + 5 + 3 + 4 + 3)
  expect(state.revision).toBe(3)
  expect(applyStructuredChunk(state, chunk({ kind: 'final', data: 'z' })).size).toBe(3)
})

test('STR-16 a value that shares its parts is refused before it is unfolded', () => {
  let list: unknown = ['xxxxxxxxxx']
  let object: unknown = 'xxxxxxxxxx'
  for (let depth = 0; depth < 40; depth++) {
    list = [list, list]
    object = { a: object, b: object }
  }
  for (const data of [list, object])
    expect(codeOf(undefined, broken({ kind: 'final', data }))).toBe('limit-exceeded')
})

test('STR-16 a limit may be reached, and not passed', () => {
  const text = (length: number) => chunk({ kind: 'final', data: 'x'.repeat(length - 2) })
  expect(applyStructuredChunk(undefined, text(4_194_304)).size).toBe(4_194_304)
  expect(codeOf(undefined, text(4_194_305))).toBe('limit-exceeded')
  const delta = chunk({ kind: 'text-delta', path: 'a', delta: 'xyz' })
  expect(applyStructuredChunk(undefined, delta, { maxTotalLength: 4 }).size).toBe(4)
  expect(codeOf(undefined, delta, { maxTotalLength: 3 })).toBe('limit-exceeded')
  const streamId = 'x'.repeat(256)
  expect(applyStructuredChunk(undefined, chunk({ kind: 'final', data: 1 }, { streamId })).streamId).toBe(
    streamId,
  )
})

test('STR-16 the counted length of a value is that of its JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (data) => {
      const text = JSON.stringify(data)
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(text))
      expect(applyStructuredChunk(undefined, broken({ kind: 'final', data })).size).toBe(text.length)
    }),
  )
})
