import {
  applyToTexts,
  isKnownChunk,
  noTexts,
  streamChunkSchema,
  type Chunk,
  type StreamChunk,
} from '@crux/core/structured'
import { expect, test } from 'vitest'
import { chunk } from './chunks.ts'

const options = [{ id: 'a', label: 'A', description: 'first' }]
const interrupt = { type: 'interrupt', requestId: 'r', resumeToken: 't' }

test.each<[object]>([
  [{ type: 'message', content: '' }],
  [{ type: 'text-start' }],
  [{ type: 'text-delta', delta: 'x', id: 'i', node: 'n', extra: [1] }],
  [{ type: 'text-end' }],
  [chunk({ kind: 'final', data: null })],
  [{ ...interrupt, input: { kind: 'text', question: 'Why?' }, meta: { a: 1 } }],
  [{ ...interrupt, input: { kind: 'choice', options } }],
  [{ ...interrupt, input: { kind: 'multi-choice', question: 'Which?', options } }],
  [{ ...interrupt, input: { kind: 'text', options: [] } }],
  [{ ...interrupt, input: { kind: 'slider', options: { from: 1, to: 5 } } }],
  [{ type: 'status', message: 'thinking' }],
  [{ type: 'error', message: 'm', code: 'c', streamId: 's', dataType: 't' }],
  [{ type: 'done', data: { any: 1 }, id: 5 }],
  [{ type: 'app.thing', message: 5 }],
  [{ type: 'no-dot', id: 5 }],
])('STR-28 %j is a chunk, with all its fields', (given) => {
  expect(streamChunkSchema.parse(given)).toEqual(given)
})

test.each<[unknown]>([
  [null],
  [5],
  ['text'],
  [[]],
  [{}],
  [{ type: '' }],
  [{ type: 5 }],
  [{ type: 'message' }],
  [{ type: 'message', content: 'x', id: 5 }],
  [{ type: 'text-start', node: null }],
  [{ type: 'text-delta', delta: 5 }],
  [{ type: 'structured-data', streamId: 's', dataType: 't', kind: 'set', path: 'a' }],
  [{ type: 'structured-data', streamId: 's', dataType: 't', kind: 'move' }],
  [{ ...interrupt }],
  [{ ...interrupt, input: {} }],
  [{ ...interrupt, input: { kind: 'choice' } }],
  [{ ...interrupt, input: { kind: 'multi-choice', options: [] } }],
  [{ ...interrupt, input: { kind: 'choice', options: [{ id: 'a' }] } }],
  [{ ...interrupt, input: { kind: 'choice', options: [{ label: 'A' }] } }],
  [{ ...interrupt, input: { kind: 'choice', options: [null] } }],
  [{ ...interrupt, resumeToken: 5, input: { kind: 'text' } }],
  [{ ...interrupt, input: { kind: 'text' }, meta: 'x' }],
  [{ ...interrupt, requestId: undefined, input: { kind: 'text' } }],
  [{ ...interrupt, input: { kind: 'text', question: 5 } }],
  [{ ...interrupt, input: { kind: 'text', options: 'a, b' } }],
  [{ ...interrupt, input: { kind: 'choice', options: [{ id: 'a', label: 'A', description: 5 }] } }],
  [{ type: 'status' }],
  [{ type: 'error' }],
  [{ type: 'error', message: 'm', code: 5 }],
  [{ type: 'error', message: 'm', streamId: 5 }],
  [{ type: 'error', message: 'm', dataType: 5 }],
])('STR-28 %j is no chunk', (given) => {
  expect(streamChunkSchema.safeParse(given).success).toBe(false)
})

test('STR-28 a known type narrows, and the schema says what is wrong', () => {
  const given: Chunk = streamChunkSchema.parse({ type: 'text-delta', delta: 'x' })
  expect(isKnownChunk(given) && given.type === 'text-delta' && given.delta).toBe('x')
  expect(isKnownChunk({ type: 'app.thing' })).toBe(false)
  expect(streamChunkSchema.safeParse({ type: 'status' }).error?.issues[0]?.message).toBe(
    '"message" must be a string',
  )
})

function textsOf(chunks: readonly StreamChunk[]): readonly string[] {
  let state = noTexts
  for (const each of chunks) state = applyToTexts(state, each)
  return state.texts.filter((text) => text !== '')
}

const delta = (text: string, origin: { id?: string; node?: string } = {}): StreamChunk => ({
  type: 'text-delta',
  delta: text,
  ...origin,
})

test('STR-29 a delta goes to the open text of its key', () => {
  expect(
    textsOf([
      { type: 'text-start', id: 'late' },
      delta('He', { id: 'a', node: 'n' }),
      delta('Wo', { node: 'n' }),
      delta('-'),
      delta('llo', { id: 'a' }),
      delta('rld', { node: 'n' }),
      delta('', { id: 'empty' }),
      { type: 'text-start', id: 'nothing' },
      delta('first', { id: 'late' }),
      { type: 'text-end', id: 'a' },
      { type: 'text-end', id: 'unknown' },
      delta('again', { id: 'a' }),
    ]),
  ).toEqual(['first', 'Hello', 'World', '-', 'again'])
  for (const nothing of [delta(''), { type: 'text-end' }, { type: 'done' }] as const)
    expect(applyToTexts(noTexts, nothing)).toBe(noTexts)
})

test('STR-30 a message is dropped where its text came in deltas', () => {
  const message = (content: string, origin: { id?: string; node?: string } = {}): StreamChunk => ({
    type: 'message',
    content,
    ...origin,
  })
  const streamed = delta('x', { id: 'a', node: 'n' })
  expect(textsOf([message('alone')])).toEqual(['alone'])
  expect(textsOf([streamed, message('m', { id: 'a' })])).toEqual(['x'])
  expect(textsOf([streamed, message('m', { node: 'n' })])).toEqual(['x'])
  expect(textsOf([streamed, message('m')])).toEqual(['x'])
  expect(textsOf([streamed, message('m', { id: 'b', node: 'n' })])).toEqual(['x', 'm'])
  expect(textsOf([streamed, message('m', { node: 'o' })])).toEqual(['x', 'm'])
  expect(textsOf([delta('', { id: 'a' }), message('m', { id: 'a' }), message('m')])).toEqual(['m', 'm'])
})
