import type { Chunk, InterruptChunk, StreamError } from '@crux/core/structured'
import { useChat, type ChatRequest } from '@crux/react/chat'
import { act, renderHook } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { done, interrupt, manual, render, set, settle, text } from './stream-chat-kit.tsx'

afterEach(() => vi.restoreAllMocks())

test('STR-48 an answer is pieces in order of first sight, then one message in the same render', async () => {
  const { now, send, push, views } = await render()
  await send('Write')
  await push({ type: 'text-start', id: 'nothing' }, text('Hel'), set('s', 'x'), text('lo'))
  await push({ ...interrupt, requestId: 'q' }, set('s', 'y'))
  const live = now().streamContentPieces
  expect(live).toMatchObject([
    { type: 'text', text: 'Hello' },
    { type: 'structured', state: { data: { a: 'y' } } },
    { type: 'interrupt' },
  ])
  expect(now().messages).toHaveLength(1)
  await push(done)
  expect(now().streamContentPieces).toEqual([])
  expect(now().messages[1]).toMatchObject({ role: 'assistant', content: 'Hello', finish: 'done' })
  expect(now().messages[1]?.pieces.map(({ id }) => id)).toEqual(live.map(({ id }) => id))
  // Never twice, and never not at all.
  const shown = views.slice(views.findIndex(({ pieces }) => pieces > 0))
  expect(shown.filter(({ pieces, messages }) => pieces > 0 === messages > 1)).toEqual([])
})

test('STR-48 what did not change is the same object, and what did is the same piece', async () => {
  const { now, send, push } = await render()
  await send('Write')
  await push(text('Hel'), set('s', 'x'), set('t', 'x'))
  const first = now().streamContentPieces
  await push({ type: 'text-delta', id: 'other', delta: '!' }, set('s', 'y'))
  const second = now().streamContentPieces
  expect(second.map(({ id }) => id)).toEqual([...first.map(({ id }) => id), second[3]?.id])
  expect(second[0]).toBe(first[0])
  expect(second[1]).toMatchObject({ state: { data: { a: 'y' } } })
  expect(second[2]).toBe(first[2])
  await push(text('lo'))
  const third = now().streamContentPieces
  expect(third[0]).toEqual({ ...first[0], text: 'Hello' })
  for (const index of [1, 2, 3]) expect(third[index]).toBe(second[index])
})

test('STR-48 thousands of chunks render a few times', async () => {
  const { now, send, push, views } = await render()
  await send('Write')
  const before = views.length
  await push(...Array.from({ length: 5_000 }, () => text('x')), done)
  expect(now().messages[1]?.content).toBe('x'.repeat(5_000))
  expect(views.length - before).toBeLessThan(50)
})

test('STR-49 the status follows the turn, and handlers hear of it', async () => {
  const onChunk = vi.fn<(chunk: Chunk) => void>()
  const shown: unknown[] = []
  const onFinish = vi.fn<(...args: unknown[]) => void>(() => shown.push(views.at(-1)))
  const { now, first, send, push, views } = await render({ onChunk, onFinish })
  expect(first.status).toBe('ready')
  await send('Write')
  expect(now().status).toBe('submitted')
  await push({ type: 'status', message: 'thinking' }, { type: 'app.note', n: 1 })
  expect(now()).toMatchObject({ status: 'streaming', streamContentPieces: [] })
  await push(text('x'), interrupt, done)
  expect(now().status).toBe('awaiting-input')
  expect(onChunk.mock.calls.map(([chunk]) => chunk.type)).toEqual([
    'status',
    'app.note',
    'text-delta',
    'interrupt',
    'done',
  ])
  expect(onFinish).toHaveBeenCalledExactlyOnceWith(now().messages[1], 'done')
  expect(shown).toEqual([{ pieces: 0, messages: 2 }])
  // What had waited for the next frame is not shown once more.
  expect(views.filter(({ messages }) => messages === 2)).toHaveLength(1)
})

test('STR-49 exactly one of endpoint and transport is needed, and handlers that throw are reported', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const options of [{}, { endpoint: '/api', transport: manual().transport }])
    expect(() => renderHook(() => useChat(options))).toThrow('either "endpoint" or "transport"')
  const reported = vi.fn<(error: unknown) => void>()
  vi.stubGlobal('reportError', reported)
  const mine = new Error('mine')
  const throwing = () => {
    throw mine
  }
  const { now, send, push } = await render({ onChunk: throwing, onFinish: throwing, onError: throwing })
  await send('Write')
  await push(text('x'), { type: 'error', message: 'm' }, done)
  vi.unstubAllGlobals()
  // Three chunks, one error and one end.
  expect(reported.mock.calls).toEqual(Array.from({ length: 5 }, () => [mine]))
  expect(now().messages).toHaveLength(2)
})

test('STR-50 two sends in one tick make one request, and blank text none', async () => {
  const { now, turns, sent, push } = await render()
  await act(async () => void sent.push(now().send('  '), now().send('one'), now().send('two')))
  await settle()
  expect(turns).toHaveLength(1)
  await push(done)
  expect(await Promise.all(sent)).toEqual([false, true, false])
  expect(now().messages.map(({ content }) => content)).toEqual(['one'])
})

test('STR-50 the request holds what has text, and the context of the call', async () => {
  const { now, turns, send, push, rerender } = await render({ context: { page: 1 } })
  await send('one')
  await push(set('s', 'x'), done)
  rerender({ context: { page: 2 } })
  await send('two')
  expect(turns[0]?.request.context).toEqual({ page: 1 })
  expect(turns[1]?.request).toMatchObject({
    sessionId: now().sessionId,
    messages: [
      { role: 'user', content: 'one' },
      { role: 'user', content: 'two' },
    ],
    context: { page: 2 },
  })
  expect(turns[1]?.request.history).toHaveLength(3)
})

test('STR-50 a route gets the body, or the one that createBody makes', async () => {
  const bodies: unknown[] = []
  const sent: unknown[] = []
  const fetch = async (_url: unknown, init?: RequestInit) => {
    bodies.push(await new Response(init?.body).json())
    sent.push(new Headers(init?.headers).get('x-a'))
    return new Response('data: [DONE]\n\n', { headers: { 'content-type': 'text/event-stream' } })
  }
  const { now, sendAll, rerender } = await render({ endpoint: '/api/mail', fetch })
  await sendAll('one')
  expect(bodies).toEqual([{ sessionId: now().sessionId, messages: [{ role: 'user', content: 'one' }] }])
  rerender({
    createBody: ({ history }: ChatRequest) => ({ only: history[0]?.content }),
    headers: { 'x-a': 'b' },
  })
  await sendAll('two')
  expect(bodies[1]).toEqual({ only: 'one' })
  expect(sent).toEqual([null, 'b'])

  rerender({
    createBody: () => {
      throw new Error('mine')
    },
  })
  await sendAll('three')
  expect(now()).toMatchObject({
    status: 'error',
    error: { code: 'source-failed', cause: { message: 'mine' } },
  })
  expect(bodies).toHaveLength(2)
})

test('STR-51 stop keeps what arrived, and late chunks never show up', async () => {
  const onFinish = vi.fn<(...args: unknown[]) => void>()
  const { now, turns, send, push, sent } = await render({ onFinish })
  await send('one')
  await push(text('Hel'))
  await act(async () => now().stop())
  expect(turns[0]?.request.signal.aborted).toBe(true)
  await push(text('lo'), done)
  expect(now()).toMatchObject({ status: 'ready', error: null, streamContentPieces: [] })
  expect(now().messages[1]).toMatchObject({ content: 'Hel', finish: 'stopped' })
  await send('two')
  await act(async () => now().stop())
  expect(now().messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(onFinish).toHaveBeenLastCalledWith(null, 'stopped')
  expect(onFinish).toHaveBeenCalledTimes(2)
  expect(await Promise.all(sent)).toEqual([true, true])
  const idle = now()
  await act(async () => now().stop())
  expect(now()).toBe(idle)
})

test('STR-51 what a turn has after its end is told to nobody', async () => {
  const onChunk = vi.fn<() => void>(() => now().stop())
  const onError = vi.fn<() => void>()
  const { now, turns, send, push } = await render({ onChunk, onError })
  await send('one')
  await push(text('x'), text('late'), set('s', 'late'))
  turns[0]?.fail(new Error('late'))
  await settle()
  expect(onChunk).toHaveBeenCalledTimes(1)
  expect(onError).not.toHaveBeenCalled()
  expect(now().messages[1]).toMatchObject({ content: 'x', finish: 'stopped', pieces: [{ type: 'text' }] })
  expect(now().error).toBeNull()
})

test.each([
  ['aborted', 'stopped', 'ready'],
  ['failed', 'error', 'error'],
  [undefined, 'done', 'ready'],
] as const)('STR-51 a transport that says it ended as %s is believed', async (how, finish, status) => {
  const { now, turns, send, push } = await render()
  await send('one')
  await push(text('x'))
  turns[0]?.end(how)
  await settle()
  expect(now()).toMatchObject({ status, messages: [{}, { content: 'x', finish }] })
  expect(now().messages[1]?.pieces.some(({ type }) => type === 'error')).toBe(finish === 'error')
})

test('STR-51 what fails after a stop is told to nobody', async () => {
  const onError = vi.fn<() => void>()
  const { now, turns, send, push } = await render({ onError })
  await send('one')
  await push(text('x'))
  await act(async () => now().stop())
  turns[0]?.fail(new Error('late'))
  await settle()
  expect(onError).not.toHaveBeenCalled()
  expect(now()).toMatchObject({ status: 'ready', error: null, messages: [{}, { finish: 'stopped' }] })
})

test('STR-51 the error of a turn is its own, and not that of an object in it', async () => {
  const { now, turns, send, push } = await render()
  await send('one')
  await push({ type: 'error', code: 'turn', message: 'm' })
  await push({ type: 'error', code: 'object', message: 'm', streamId: 's', dataType: 't' })
  turns[0]?.end()
  await settle()
  expect(now()).toMatchObject({ status: 'error', error: { code: 'turn' } })
  expect(now().messages[1]).toMatchObject({
    finish: 'error',
    pieces: [
      { type: 'error', code: 'turn' },
      { type: 'structured', state: { error: { code: 'object' } } },
    ],
  })
})

test('STR-51 a failure keeps the pieces and adds its own, until the next send', async () => {
  const errors: string[] = []
  const { now, turns, send, push } = await render({ onError: ({ code }) => errors.push(code) })
  await send('one')
  await push(text('Hel'))
  turns[0]?.fail(new Error('cut'))
  await settle()
  expect(now()).toMatchObject({ status: 'error', error: { code: 'source-failed' } })
  expect(now().messages[1]).toMatchObject({
    content: 'Hel',
    finish: 'error',
    pieces: [{ type: 'text' }, { type: 'error', code: 'source-failed' }],
  })
  expect(errors).toEqual(['source-failed'])
  await send('two')
  expect(now().error).toBeNull()
  await push(
    { type: 'error', message: 'm', code: 'c' },
    { type: 'error', message: 'i', code: 'invalid-chunk' },
    done,
  )
  expect(now()).toMatchObject({ status: 'ready', error: null })
  expect(now().messages.at(-1)?.pieces).toMatchObject([{ type: 'error', code: 'c', message: 'm' }])
  expect(errors).toEqual(['source-failed', 'c', 'invalid-chunk'])
})

test('STR-52 what a turn leaves unfinished is incomplete, and a stream id begins anew in the next turn', async () => {
  const { now, send, push } = await render()
  await send('one')
  await push(set('s', 'x'), done)
  const old = now().messages[1]
  expect(old?.pieces[0]).toMatchObject({
    state: { status: 'error', error: { code: 'incomplete' }, data: { a: 'x' } },
  })
  await send('two')
  await push(set('s', 'y'))
  const [first] = now().structured.items
  await push(set('s', 'y'))
  expect(now().structured.items[0]).toBe(first)
  expect(Object.getPrototypeOf(now().structured.byStreamId)).toBeNull()
  expect(now().messages[1]).toBe(old)
  expect(now().structured.items.map(({ state }) => state.data)).toEqual([{ a: 'x' }, { a: 'y' }])
  expect(now().structured.items.map(({ id }) => id)).toEqual(
    [old?.pieces[0], now().streamContentPieces[0]].map((piece) => piece?.id),
  )
  expect(now().structured.byStreamId['s']).toBe(now().structured.items[1])
  expect(now().structured.get('s')?.state.data).toEqual({ a: 'y' })
})

test('STR-52 limits hold for each turn anew', async () => {
  const errors: string[] = []
  const { now, send, push } = await render({
    limits: { maxStreams: 1 },
    onError: ({ code }) => errors.push(code),
  })
  await send('one')
  await push(set('a', 'x'), set('b', 'x'), done)
  await send('two')
  await push(set('c', 'x'), set('c', 'y'), done)
  expect(errors).toEqual(['limit-exceeded'])
  expect(now().structured.items.map(({ streamId, state }) => [streamId, state.data])).toEqual([
    ['a', { a: 'x' }],
    ['c', { a: 'y' }],
  ])
})

test('STR-53 an interrupt is answered once, with what was asked for', async () => {
  const { now, turns, send, push, sent } = await render()
  await send('one')
  await push(interrupt)
  expect(now().pendingInterrupt).toBeNull()
  await push(done)
  expect(now().pendingInterrupt).toEqual(interrupt)
  expect(await now().resume(interrupt, ' ')).toBe(false)
  await act(async () => void sent.push(now().resume(interrupt, 'yes'), now().resume(interrupt, 'no')))
  await settle()
  expect(turns[1]?.request.resume).toEqual({ requestId: 'r', resumeToken: 'tok', answer: 'yes' })
  expect(now().pendingInterrupt).toBeNull()
  expect(now().messages[1]?.pieces[0]).toMatchObject({ answer: 'yes' })
  await push(text('ok'), done)
  expect(await Promise.all(sent)).toEqual([true, true, false])
  expect(await now().resume(interrupt, 'again')).toBe(false)
})

test('STR-53 a question of a kind that is not known here takes any answer', async () => {
  const slider = { ...interrupt, input: { kind: 'slider' } } as unknown as InterruptChunk
  const { now, turns, send, push } = await render()
  await send('one')
  await push(slider, done)
  expect(now().pendingInterrupt).toEqual(slider)
  await act(async () => void now().resume(slider, '5'))
  await settle()
  expect(turns[1]?.request.resume?.answer).toBe('5')
})

test('STR-53 choices take their options, a failed request takes the answer back, and send sets aside', async () => {
  const options = [
    { id: 'a', label: 'A' },
    { id: 'b', label: 'B' },
  ]
  const choice = { ...interrupt, input: { kind: 'choice', options } } as const
  const several = { ...interrupt, requestId: 'm', input: { kind: 'multi-choice', options } } as const
  const { now, turns, send, push } = await render()
  await send('one')
  await push(several, choice, done)
  expect(now().pendingInterrupt).toEqual(choice)
  for (const answer of ['c', ['a'], ['a', 'c']]) expect(await now().resume(choice, answer)).toBe(false)
  for (const answer of ['a', ['a', 'c']]) expect(await now().resume(several, answer)).toBe(false)
  expect(await now().resume({ ...choice, resumeToken: 'other' }, 'a')).toBe(false)
  expect(await now().resume({ ...choice, requestId: 'other' }, 'a')).toBe(false)
  await act(async () => void now().resume(choice, 'a'))
  await settle()
  turns[1]?.fail(new Error('offline'))
  await settle()
  expect(now()).toMatchObject({ pendingInterrupt: choice, status: 'error' })
  expect(now().messages).toHaveLength(2)
  await act(async () => void now().resume(several, ['b', 'a']))
  await settle()
  expect(turns[2]?.request.resume?.answer).toEqual(['b', 'a'])
  expect(now().pendingInterrupt).toBeNull()
  await push(done)
  // Nothing came of it, so the other question is still there.
  expect(now().pendingInterrupt).toEqual(choice)
  expect(await now().resume(several, ['a'])).toBe(false)
  await send('never mind')
  await push(done)
  expect(now().pendingInterrupt).toBeNull()
  expect(await now().resume(choice, 'a')).toBe(false)
})

test('STR-53 an answer that arrived is not taken back, whether its turn fails or is stopped before it began', async () => {
  const { now, turns, send, push } = await render()
  await send('one')
  await push(interrupt, done)
  await act(async () => void now().resume(interrupt, 'yes'))
  await settle()
  await push({ type: 'status', message: 'reading' })
  turns[1]?.fail(new Error('cut'))
  await settle()
  expect(now()).toMatchObject({ status: 'error', pendingInterrupt: null })
  expect(now().messages.map(({ pieces }) => pieces.map(({ type }) => type))).toEqual([
    ['text'],
    ['interrupt'],
    ['error'],
  ])

  await send('two')
  await push(interrupt, done)
  await act(async () => void now().resume(interrupt, 'yes'))
  await settle()
  await act(async () => now().stop())
  expect(now()).toMatchObject({ status: 'ready', pendingInterrupt: null })
  expect(now().messages.at(-1)?.pieces).toMatchObject([{ type: 'interrupt', answer: 'yes' }])
})

test('STR-49 an error of the turn is the error of the chat', async () => {
  const heard: (StreamError['code'] | undefined)[] = []
  const { now, sendAll } = await render({
    endpoint: '/api',
    fetch: async () =>
      new Response('data: {"type":"error","message":"m","code":"busy"}\n\ndata: [DONE]\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      }),
    onError: ({ code }) => heard.push(code),
  })
  await sendAll('one')
  expect(now()).toMatchObject({ status: 'error', error: { code: 'busy' } })
  expect(now().messages[1]?.pieces).toMatchObject([{ type: 'error', code: 'busy', message: 'm' }])
  expect(heard).toEqual(['busy'])
})
