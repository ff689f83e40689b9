import type { Chunk, StreamError } from '@crux/core/structured'
import {
  createRouteChatTransport,
  localChatStorage,
  memoryChatStorage,
  useChat,
  useStreamChat,
  type ChatRequest,
  type ChatSnapshot,
  type ChatStorage,
  type StreamChatOptions,
} from '@crux/react/chat'
import { act, renderHook } from '@testing-library/react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.restoreAllMocks()
  localStorage.clear()
})

const text = (delta: string): Chunk => ({ type: 'text-delta', delta })
const set = (streamId: string, value: string): Chunk => ({
  type: 'structured-data',
  streamId,
  dataType: 't',
  kind: 'set',
  path: 'a',
  value,
})
const interrupt = { type: 'interrupt', requestId: 'r', resumeToken: 'tok', input: { kind: 'text' } } as const
const done: Chunk = { type: 'done' }

interface Turn {
  readonly request: ChatRequest & { readonly signal: AbortSignal }
  readonly push: (...chunks: Chunk[]) => void
  readonly fail: (error: Error) => void
}

/** A transport whose turns the test writes. */
function manual() {
  const turns: Turn[] = []
  const transport = {
    stream: (request: Turn['request']) => {
      let controller: ReadableStreamDefaultController<Chunk> | undefined
      const stream = new ReadableStream<Chunk>({
        start: (given) => {
          controller = given
        },
      })
      turns.push({
        request,
        push: (...chunks) => {
          for (const chunk of chunks) controller?.enqueue(chunk)
        },
        fail: (error) => controller?.error(error),
      })
      const reader = stream.getReader()
      return (async function* () {
        for (;;) {
          const { done: isOver, value } = await reader.read()
          if (isOver) return
          yield value
        }
      })()
    },
  }
  return { transport, turns }
}

const nextFrame = () => new Promise((resolve) => void requestAnimationFrame(resolve))

/** Lets what is under way arrive, and be rendered with the frame after it. */
const settle = () =>
  act(async () => {
    for (let frame = 0; frame < 3; frame++) await nextFrame()
  })

async function render(options: Partial<StreamChatOptions> = {}) {
  const { transport, turns } = manual()
  let ids = 0
  const views: { pieces: number; messages: number }[] = []
  const rendered = renderHook(
    (props: Partial<StreamChatOptions>) => {
      const chat = useStreamChat({
        createId: () => `id-${ids++}`,
        ...options,
        ...props,
        ...(!options.endpoint && { transport }),
      })
      views.push({ pieces: chat.streamContentPieces.length, messages: chat.messages.length })
      return chat
    },
    { initialProps: {} },
  )
  const now = () => rendered.result.current
  const first = rendered.result.current
  await settle()
  const sent: Promise<boolean>[] = []
  const send = async (words: string) => {
    await act(async () => void sent.push(now().send(words)))
    await settle()
  }
  const push = async (...chunks: Chunk[]) => {
    turns.at(-1)?.push(...chunks)
    await settle()
  }
  return { ...rendered, now, first, turns, send, push, sent, views }
}

test('STR-48 an answer is pieces in order of first sight, then one message in the same render', async () => {
  const { now, send, push, views } = await render()
  await send('Write')
  await push(text('Hel'), set('s', 'x'), text('lo'), { ...interrupt, requestId: 'q' }, set('s', 'y'))
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
  expect(views.filter(({ pieces, messages }) => pieces > 0 && messages === 2)).toEqual([])
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
  const onFinish = vi.fn<(...args: unknown[]) => void>()
  const { now, first, send, push } = await render({ onChunk, onFinish })
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
  const { now, send, push } = await render({ onChunk: throwing, onFinish: throwing })
  await send('Write')
  await push(text('x'), done)
  vi.unstubAllGlobals()
  expect(reported.mock.calls).toEqual([[mine], [mine], [mine]])
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
  const fetch = async (_url: unknown, init?: RequestInit) => {
    bodies.push(await new Response(init?.body).json())
    return new Response('data: [DONE]\n\n', { headers: { 'content-type': 'text/event-stream' } })
  }
  const { now, send } = await render({ endpoint: '/api/mail', fetch })
  await send('one')
  expect(bodies).toEqual([{ sessionId: now().sessionId, messages: [{ role: 'user', content: 'one' }] }])
  const { stream } = createRouteChatTransport({
    endpoint: '/',
    fetch,
    createBody: ({ history }) => ({ history }),
  })
  const request = { sessionId: 's', messages: [], history: [], signal: new AbortController().signal }
  for await (const chunk of stream(request)) expect(chunk).toBeUndefined()
  expect(bodies[1]).toEqual({ history: [] })
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
  expect(now().messages[1]).toBe(old)
  expect(now().structured.items.map(({ state }) => state.data)).toEqual([{ a: 'x' }, { a: 'y' }])
  expect(now().structured.byStreamId['s']).toBe(now().structured.items[1])
  expect(now().structured.get('s')?.state.data).toEqual({ a: 'y' })
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
  expect(await now().resume(choice, 'c')).toBe(false)
  expect(await now().resume(several, ['a', 'c'])).toBe(false)
  await act(async () => void now().resume(choice, 'a'))
  await settle()
  turns[1]?.fail(new Error('offline'))
  await settle()
  expect(now()).toMatchObject({ pendingInterrupt: choice, status: 'error' })
  expect(now().messages).toHaveLength(2)
  await send('never mind')
  await push(done)
  expect(now().pendingInterrupt).toBeNull()
  expect(await now().resume(choice, 'a')).toBe(false)
})

test('STR-54 clear ends the turn, forgets all and takes another session', async () => {
  const storage = memoryChatStorage()
  const { now, turns, send, push, sent } = await render({ storage })
  await send('one')
  await push(text('x'), set('s', 'x'))
  const { sessionId } = now()
  await act(async () => now().clear())
  expect(turns[0]?.request.signal.aborted).toBe(true)
  await push(text('late'), done)
  expect(now()).toMatchObject({
    messages: [],
    streamContentPieces: [],
    status: 'ready',
    structured: { items: [] },
  })
  expect(now().sessionId).not.toBe(sessionId)
  expect(await storage.load('crux-chat')).toBeNull()
  expect(await Promise.all(sent)).toEqual([true])
})

test('STR-54 an unmount aborts, and what had arrived is kept', async () => {
  const storage = memoryChatStorage()
  const onFinish = vi.fn<(...args: unknown[]) => void>()
  const { turns, send, push, unmount } = await render({ storage, onFinish })
  await send('one')
  await push(text('Hel'))
  unmount()
  await settle()
  expect(turns[0]?.request.signal.aborted).toBe(true)
  expect((await storage.load('crux-chat'))?.messages[1]).toMatchObject({ content: 'Hel', finish: 'stopped' })
  expect(onFinish).toHaveBeenCalledTimes(1)
})

test('STR-54 send waits for the storage, whose conversation wins over initialMessages', async () => {
  let give: (snapshot: ChatSnapshot) => void = () => {}
  const storage: ChatStorage = {
    ...memoryChatStorage(),
    load: () => new Promise((resolve) => (give = resolve)),
  }
  const message = { id: 'm', role: 'user', pieces: [], createdAt: 1 } as const
  const { now, turns, send, push } = await render({
    storage,
    initialMessages: [{ ...message, content: 'initial' }],
  })
  expect(now()).toMatchObject({ status: 'loading', sessionId: null })
  await send('new')
  expect(turns).toHaveLength(0)
  give({ v: 1, sessionId: 'stored', messages: [{ ...message, content: 'old' }] })
  await settle()
  expect(turns[0]?.request).toMatchObject({
    sessionId: 'stored',
    messages: [{ content: 'old' }, { content: 'new' }],
  })
  await push(done)
  expect(now().status).toBe('ready')
})

function Page() {
  const { status, sessionId, messages } = useStreamChat({ endpoint: '/api', storage: localChatStorage() })
  return (
    <p>
      {status} {String(sessionId)} {messages.map(({ content }) => content).join()}
    </p>
  )
}

test('STR-54 STR-55 the server and the first client render agree, then the storage is read', async () => {
  const pieces = [{ id: 'i', type: 'interrupt', interrupt }]
  const messages = [{ id: 'm', role: 'assistant', content: 'old', pieces, createdAt: 1 }]
  localStorage.setItem('crux-chat', JSON.stringify({ v: 1, sessionId: 's', messages }))
  const warned = vi.spyOn(console, 'error')
  const page = (
    <StrictMode>
      <Page />
    </StrictMode>
  )
  const container = document.createElement('div')
  container.innerHTML = renderToString(page)
  expect(container.textContent).toBe('loading null ')
  const root = await act(async () => hydrateRoot(container, page))
  await settle()
  expect(container.textContent).toBe('awaiting-input s old')
  expect(warned).not.toHaveBeenCalled()
  act(() => root.unmount())
})

test('STR-55 a save that fails is visible and harmless, and is tried again with the next', async () => {
  const kept = memoryChatStorage()
  let isFull = true
  const storage: ChatStorage = {
    ...kept,
    save: (key, snapshot) => {
      if (isFull) throw new Error('quota')
      return kept.save(key, snapshot)
    },
  }
  const { now, send, push } = await render({ storage })
  await send('one')
  expect(now().storageError).toBeInstanceOf(Error)
  isFull = false
  await push(text('x'), done)
  expect(now()).toMatchObject({ storageError: null, messages: [{}, {}] })
  expect((await kept.load('crux-chat'))?.messages).toHaveLength(2)
})

test.each<[string, unknown, Partial<StreamChatOptions>]>([
  ['another version', { v: 2, sessionId: 's', messages: [] }, {}],
  ['another session', { v: 1, sessionId: 'other', messages: [] }, { sessionId: 'mine' }],
  ['no conversation', { v: 1, sessionId: 's', messages: [5] }, {}],
])('STR-55 a snapshot of %s is left alone until clear', async (_name, snapshot, options) => {
  const stored = JSON.stringify(snapshot)
  localStorage.setItem('crux-chat', stored)
  const { now, send, push } = await render({ storage: localChatStorage(), ...options })
  expect(now().storageError).toBeInstanceOf(Error)
  await send('one')
  await push(done)
  expect(localStorage.getItem('crux-chat')).toBe(stored)
  await act(async () => now().clear())
  await send('two')
  await push(done)
  expect(now().storageError).toBeNull()
  expect(JSON.parse(localStorage.getItem('crux-chat') ?? '')).toMatchObject({
    v: 1,
    messages: [{ content: 'two' }],
  })
})

test('STR-55 saves run one after another, of those that wait only the newest, and none after a removal', async () => {
  const calls: string[] = []
  let finishSave: () => void = () => {}
  const storage: ChatStorage = {
    load: () => null,
    save: (_key, { messages }) => {
      calls.push(`save ${messages.length}`)
      return new Promise((resolve) => (finishSave = resolve))
    },
    remove: () => void calls.push('remove'),
  }
  const { now, send, push } = await render({ storage })
  await send('one')
  await push(text('x'), done)
  await send('two')
  expect(calls).toEqual(['save 1'])
  finishSave()
  await settle()
  expect(calls).toEqual(['save 1', 'save 3'])
  await push(done)
  await act(async () => now().clear())
  finishSave()
  await settle()
  expect(calls).toEqual(['save 1', 'save 3', 'remove'])
})

test('STR-55 localChatStorage keeps the newest messages', async () => {
  const storage = localChatStorage({ maxMessages: 2 })
  const messages = ['a', 'b', 'c'].map(
    (id) => ({ id, role: 'user', content: id, pieces: [], createdAt: 1 }) as const,
  )
  await storage.save('k', { v: 1, sessionId: 's', messages })
  expect((await storage.load('k'))?.messages.map(({ id }) => id)).toEqual(['b', 'c'])
})

test('STR-49 an error of the turn is the error of the chat', async () => {
  const heard: (StreamError['code'] | undefined)[] = []
  const { now, send } = await render({
    endpoint: '/api',
    fetch: async () =>
      new Response('data: {"type":"error","message":"m","code":"busy"}\n\ndata: [DONE]\n\n', {
        headers: { 'content-type': 'text/event-stream' },
      }),
    onError: ({ code }) => heard.push(code),
  })
  await send('one')
  expect(now()).toMatchObject({ status: 'error', error: { code: 'busy' } })
  expect(now().messages[1]?.pieces).toMatchObject([{ type: 'error', code: 'busy', message: 'm' }])
  expect(heard).toEqual(['busy'])
})
