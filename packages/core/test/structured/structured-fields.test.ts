import { structuredStream, type StructuredChunk, type StructuredFields } from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf, foldAll, meta, opsOf, partialsOf, runs } from './producing.ts'

/** Feeds every partial of a text, then the whole as complete. */
async function streamText(text: string, fields: StructuredFields) {
  const producer = structuredStream({ ...meta, fields })
  const chunks: StructuredChunk[] = []
  for (const partial of await partialsOf(text)) chunks.push(...producer.update(partial))
  chunks.push(...producer.update(JSON.parse(text), { complete: true }))
  return chunks
}

test('STR-24 only matching paths are sent, with concrete paths', async () => {
  const text = JSON.stringify({
    secret: 'no',
    draft: { body: 'Hi', note: 'no' },
    points: [{ label: 'a', why: 'no' }, { label: 'b' }],
  })
  const chunks = await streamText(text, { 'draft.body': 'text-delta', 'points.*.label': 'set' })
  expect(opsOf(chunks).map((op) => (op.kind === 'final' ? '' : op.path))).toEqual([
    'draft.body',
    'draft.body',
    'points.0.label',
    'points.1.label',
  ])
  expect(foldAll(chunks)).toEqual({ draft: { body: 'Hi' }, points: [{ label: 'a' }, { label: 'b' }] })
})

test('STR-24 fewer wildcards win, then the order of declaration', () => {
  const send = (fields: StructuredFields) =>
    opsOf(structuredStream({ ...meta, fields }).update({ a: { b: 'x' } }, { complete: true }))
  expect(send({ '*.b': 'set', 'a.b': 'text-delta' })).toEqual([
    { kind: 'text-delta', path: 'a.b', delta: 'x' },
  ])
  expect(send({ '*.b': 'set', 'a.*': 'text-delta' })).toEqual([{ kind: 'set', path: 'a.b', value: 'x' }])
  expect(send({ 'a.\\*': 'set' })).toEqual([])
})

test.each([
  ['a malformed pattern', { 'a..b': 'set' }],
  ['a pattern below another', { a: 'set', 'a.b': 'set' }],
  ['a pattern that could match below another', { 'a.*': 'set', '*.b.c': 'set' }],
  ['an unknown kind', { a: 'replace' }],
])('STR-24 %s throws when the producer is made', (_name, fields) => {
  expect(codeOf(() => structuredStream({ ...meta, fields: fields as StructuredFields }))).toBe(
    'malformed-path',
  )
})

test('STR-25 open values wait, and partials that start again are not glued to old text', () => {
  const fields: StructuredFields = { subject: 'set', to: 'append', body: 'text-delta' }
  const producer = structuredStream({ ...meta, fields })
  const send = (partial: unknown, complete = false) => opsOf(producer.update(partial, { complete }))
  expect(send({ subject: 'Lau' })).toEqual([])
  expect(send({ subject: 'Launch', to: ['a', 'b'] })).toEqual([
    { kind: 'set', path: 'subject', value: 'Launch' },
    { kind: 'append', path: 'to', items: ['a'] },
  ])
  expect(send({ subject: 'Launch', to: ['a', 'b'], body: 'Hi' })).toEqual([
    { kind: 'append', path: 'to', items: ['b'] },
    { kind: 'text-delta', path: 'body', delta: 'Hi' },
  ])
  // The second step of the model starts again.
  for (const partial of [{}, { subject: 'L' }, { subject: 'Launch', to: ['a'] }])
    expect(send(partial)).toEqual([])
  expect(send({ subject: 'Launch', to: ['a', 'b'], body: 'H' })).toEqual([])
  expect(send({ subject: 'Launch', to: ['a', 'b'], body: 'Hello' })).toEqual([])
  expect(send({ subject: 'Launch', to: ['a', 'b'], body: 'Hello' }, true)).toEqual([
    { kind: 'set', path: 'body', value: 'Hello' },
  ])
  expect(send({ subject: 'Launch', to: ['c'], body: 'Hello' }, true)).toEqual([
    { kind: 'set', path: 'to', value: ['c'] },
  ])
})

test('STR-25 an open array that is another sets what is closed of it, and one that is behind waits', () => {
  const producer = structuredStream({ ...meta, fields: { to: 'append' } })
  const send = (to: readonly unknown[]) => opsOf(producer.update({ to }))
  expect(send([1, 2, 3])).toEqual([{ kind: 'append', path: 'to', items: [1, 2] }])
  expect(send([1, 2])).toEqual([])
  expect(send([1, 5])).toEqual([])
  expect(send([4, 5])).toEqual([{ kind: 'set', path: 'to', value: [4] }])
  expect(send([4, 5, 6])).toEqual([{ kind: 'append', path: 'to', items: [5] }])
})

test('STR-25 of an open container the last member is open, and in it the last again', () => {
  const producer = structuredStream({ ...meta, fields: { '*.*.a': 'set', '*.*.b': 'set' } })
  const send = (partial: unknown) =>
    opsOf(producer.update(partial)).flatMap((op) => ('path' in op ? [op.path] : []))
  expect(send({ one: [{ a: 1 }] })).toEqual([])
  expect(send({ one: [{ a: 1, b: 2 }] })).toEqual(['one.0.a'])
  expect(send({ one: [{ a: 1, b: 2 }, {}] })).toEqual(['one.0.b'])
  expect(
    send({
      one: [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
      two: null,
    }),
  ).toEqual(['one.1.a', 'one.1.b'])
})

test('STR-25 what was sent as another sort is set, once it is closed', () => {
  const fields: StructuredFields = { text: 'text-delta', list: 'append' }
  const producer = structuredStream({ ...meta, fields })
  producer.set('text', 5)
  producer.set('list', 'none')
  expect(producer.update({ list: [] })).toEqual([])
  expect(producer.update({ text: 'T' })).toEqual([])
  expect(opsOf(producer.update({ text: 'Two', list: [1] }, { complete: true }))).toEqual([
    { kind: 'set', path: 'text', value: 'Two' },
    { kind: 'set', path: 'list', value: [1] },
  ])
})

test('STR-25 empty values are set when closed, and what does not fit its kind is set', () => {
  const fields: StructuredFields = { to: 'append', body: 'text-delta', odd: 'text-delta', list: 'append' }
  const producer = structuredStream({ ...meta, fields })
  const partial = { to: [], body: '', odd: null, list: 7 }
  expect(opsOf(producer.update({ to: [] }))).toEqual([])
  expect(opsOf(producer.update(partial, { complete: true }))).toEqual([
    { kind: 'set', path: 'to', value: [] },
    { kind: 'set', path: 'body', value: '' },
    { kind: 'set', path: 'odd', value: null },
    { kind: 'set', path: 'list', value: 7 },
  ])
  expect(producer.update(partial, { complete: true })).toEqual([])
})

test('STR-25 what is undefined is not the last, and what has no path waits for final', () => {
  const producer = structuredStream({ ...meta, fields: { '*': 'set' } })
  expect(producer.update({ a: 'x', b: undefined })).toEqual([])
  expect(opsOf(producer.update({ a: 'x', '': 'y' }))).toEqual([{ kind: 'set', path: 'a', value: 'x' }])
  expect(producer.update({ a: 'x', '': 'y' }, { complete: true })).toEqual([])
})

test('STR-25 of an object with a key like an integer every member is open', () => {
  const producer = structuredStream({ ...meta, fields: { '*': 'set' } })
  expect(producer.update({ a1: 'x', '01': 'y' })).toHaveLength(1)
  expect(producer.update({ '7': 'x', a: 'y' })).toEqual([])
  expect(opsOf(producer.update({ '7': 'x', a: 'y' }, { complete: true }))).toEqual([
    { kind: 'set', path: '\\7', value: 'x' },
    { kind: 'set', path: 'a', value: 'y' },
  ])
})

test(
  'STR-25 set is sent once, items are whole, and the result is the projection',
  { timeout: 60_000 + runs * 200 },
  async () => {
    const email = fc.record(
      {
        subject: fc.string(),
        to: fc.array(fc.record({ name: fc.string(), tags: fc.array(fc.string(), { maxLength: 2 }) }), {
          maxLength: 3,
        }),
        body: fc.string(),
        other: fc.jsonValue({ maxDepth: 1 }),
        points: fc.array(fc.record({ label: fc.string(), why: fc.string() }), { maxLength: 3 }),
      },
      { noNullPrototype: true },
    )
    const shuffled = fc
      .tuple(email, fc.shuffledSubarray(['subject', 'to', 'body', 'other', 'points'], { minLength: 5 }))
      .map(([value, order]) => Object.fromEntries(order.map((name) => [name, Reflect.get(value, name)])))
    const fields: StructuredFields = {
      subject: 'set',
      to: 'append',
      body: 'text-delta',
      'points.*.label': 'set',
    }
    await fc.assert(
      fc.asyncProperty(shuffled, async (value) => {
        const chunks = await streamText(JSON.stringify(value), fields)
        const ops = opsOf(chunks)
        const sets = ops.flatMap((op) => (op.kind === 'set' ? [op.path] : []))
        expect(new Set(sets).size).toBe(sets.length)
        const people: unknown[] = Reflect.get(value, 'to')
        for (const item of ops.flatMap((op) => (op.kind === 'append' ? op.items : [])))
          expect(people).toContainEqual(item)
        const { subject, to, body, points } = value
        const labels = (points as { label: string }[]).map(({ label }) => ({ label }))
        expect(foldAll(chunks)).toEqual({ subject, to, body, ...(labels.length > 0 && { points: labels }) })
      }),
      { numRuns: runs },
    )
  },
)

test('STR-26 final carries what it is given, whatever the fields are', () => {
  const producer = structuredStream({ ...meta, fields: { a: 'set' } })
  expect(producer.final({ a: 1, secret: 2 })).toMatchObject({ kind: 'final', data: { a: 1, secret: 2 } })
})
