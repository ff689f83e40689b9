import {
  applyStructuredChunk,
  structuredDiff,
  structuredStream,
  type StructuredOp,
  type StructuredState,
} from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf, meta, opsOf, partialsOf, runs } from './producing.ts'

// What the AI SDK makes of cut text is `__proto__`-safe already; forbidden keys are another test's.
const key = fc.oneof(
  fc.constantFrom('a', 'b.c', '0', '42', '*', 'x\\y', '', 'long name', '😀'),
  fc.string({ maxLength: 4 }).filter((text) => !/proto|constructor/.test(text)),
)
const { json } = fc.letrec<{ json: unknown; object: unknown; array: unknown }>((tie) => ({
  json: fc.oneof(
    { depthSize: 'small' },
    fc.string({ maxLength: 8 }),
    fc.constantFrom('😀😀', 'a"b\\c\n', ''),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('object'),
    tie('array'),
  ),
  object: fc.dictionary(key, tie('json'), { maxKeys: 4, noNullPrototype: true }),
  array: fc.array(tie('json'), { maxLength: 4 }),
}))
const root = fc.oneof(
  fc.dictionary(key, json, { maxKeys: 4, noNullPrototype: true }),
  fc.array(json, { maxLength: 4 }),
)

test('STR-19 a mistake throws at the call and changes nothing', () => {
  const draft = structuredStream({ ...meta, id: 'i' })
  expect(draft.state).toBeUndefined()
  expect(draft.set('subject', 'Launch')).toEqual({
    type: 'structured-data',
    ...meta,
    id: 'i',
    kind: 'set',
    path: 'subject',
    value: 'Launch',
  })
  const { state } = draft
  expect(codeOf(() => draft.append('subject', [1]))).toBe('append-non-array')
  expect(codeOf(() => draft.update({ fine: 1, list: [Number.NaN] }))).toBe('malformed-chunk')
  expect(draft.state).toBe(state)
  draft.append('to', ['ann@example.com'])
  draft.textDelta('body', 'Hi')
  expect(draft.state?.data).toEqual({ subject: 'Launch', to: ['ann@example.com'], body: 'Hi' })
  draft.final('whole')
  expect(draft.state).toMatchObject({ status: 'done', data: 'whole' })
  expect(codeOf(() => draft.set('a', 1))).toBe('after-final')
  const shallow = structuredStream({ ...meta, limits: { maxDepth: 1 } })
  expect(codeOf(() => shallow.set('a.b', 1))).toBe('limit-exceeded')
  expect(codeOf(() => shallow.update({ a: [] }))).toBe('limit-exceeded')
})

test.each<[string, unknown, unknown, StructuredOp[]]>([
  ['equal values', { a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }, []],
  ['a text that grew', { a: 'x' }, { a: 'xy' }, [{ kind: 'text-delta', path: 'a', delta: 'y' }]],
  ['a text that changed', { a: 'xy' }, { a: 'xz' }, [{ kind: 'set', path: 'a', value: 'xz' }]],
  [
    'an array that grew',
    { a: ['x'] },
    { a: ['xy', 1, 2] },
    [
      { kind: 'text-delta', path: 'a.0', delta: 'y' },
      { kind: 'append', path: 'a', items: [1, 2] },
    ],
  ],
  [
    'new and shared keys',
    { a: { b: 1 } },
    { a: { b: 2 }, c: { d: [] } },
    [
      { kind: 'set', path: 'a.b', value: 2 },
      { kind: 'set', path: 'c', value: { d: [] } },
    ],
  ],
  ['another sort', { a: 1 }, { a: [1] }, [{ kind: 'set', path: 'a', value: [1] }]],
  ['an array for an object', { a: { b: 1 } }, { a: [1] }, [{ kind: 'set', path: 'a', value: [1] }]],
  ['an object for an array', { a: [1] }, { a: { b: 1 } }, [{ kind: 'set', path: 'a', value: { b: 1 } }]],
  ['keys in another order', { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, []],
])('STR-20 %s', (_name, previous, next, ops) => {
  expect(structuredDiff(previous, next)).toEqual(ops)
})

test.each<[string, unknown, unknown, StructuredOp[]]>([
  ['a removed key', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, [{ kind: 'set', path: 'a', value: { b: 1 } }]],
  ['a shorter array', { a: [1, 2] }, { a: [1] }, [{ kind: 'set', path: 'a', value: [1] }]],
  ['the empty key', { a: { '': 1 } }, { a: { '': 2 } }, [{ kind: 'set', path: 'a', value: { '': 2 } }]],
  [
    'a removed key at the root',
    { a: 1, b: 'x' },
    { b: 'xy' },
    [{ kind: 'text-delta', path: 'b', delta: 'y' }],
  ],
  ['a shorter array at the root', [1, 2], [1], []],
  ['the empty key at the root', {}, { '': 1 }, []],
  [
    'a root array that grew',
    [1],
    [1, 2, 3],
    [
      { kind: 'set', path: '1', value: 2 },
      { kind: 'set', path: '2', value: 3 },
    ],
  ],
])('STR-21 %s', (_name, previous, next, ops) => {
  expect(structuredDiff(previous, next)).toEqual(ops)
})

test('STR-22 the root keeps its sort, and what has no path waits for final', () => {
  expect(codeOf(() => structuredDiff({}, []))).toBe('container-conflict')
  expect(codeOf(() => structuredDiff([1], { a: 1 }))).toBe('container-conflict')
  for (const value of ['text', 1, null, undefined]) expect(structuredDiff(undefined, value)).toEqual([])
  expect(structuredDiff(undefined, {})).toEqual([])
  expect(structuredDiff({ a: 1 }, { a: undefined, b: undefined })).toEqual([])
  expect(structuredDiff({ a: { b: undefined } }, { a: {} })).toEqual([])
  expect(codeOf(() => structuredDiff(null, {}))).toBe('container-conflict')
  expect(structuredStream(meta).update('choice')).toEqual([])
})

test('STR-20 the example of snapshots gives its four chunks', () => {
  const draft = structuredStream(meta)
  const snapshots = [{}, { to: ['ann@e.com'], body: 'Hi' }, { to: ['ann@e.com', 'bo@e.com'], body: 'Hi Ann' }]
  expect(opsOf(snapshots.flatMap((partial) => draft.update(partial)))).toEqual([
    { kind: 'set', path: 'to', value: ['ann@e.com'] },
    { kind: 'set', path: 'body', value: 'Hi' },
    { kind: 'append', path: 'to', items: ['bo@e.com'] },
    { kind: 'text-delta', path: 'body', delta: ' Ann' },
  ])
})

test(
  'STR-23 folding the steps over any chain of partials gives the newest',
  { timeout: 60_000 + runs * 200 },
  async () => {
    const withoutRootEmptyKey = (value: unknown) =>
      Array.isArray(value)
        ? value
        : Object.fromEntries(Object.entries(Object(value)).filter(([name]) => name !== ''))
    await fc.assert(
      fc.asyncProperty(root, async (value) => {
        const producer = structuredStream(meta)
        let state: StructuredState | undefined
        for (const partial of await partialsOf(JSON.stringify(value))) {
          for (const chunk of producer.update(partial))
            state = applyStructuredChunk(state, JSON.parse(JSON.stringify(chunk)))
          const wanted = withoutRootEmptyKey(partial)
          expect(state?.data ?? (Array.isArray(wanted) ? [] : {})).toEqual(wanted)
        }
      }),
      { numRuns: runs },
    )
  },
)
