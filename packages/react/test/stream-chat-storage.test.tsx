import {
  localChatStorage,
  memoryChatStorage,
  useStreamChat,
  type ChatSnapshot,
  type ChatStorage,
  type StreamChatOptions,
} from '@crux/react/chat'
import { act } from '@testing-library/react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'
import { done, interrupt, render, set, settle, text } from './stream-chat-kit.tsx'

afterEach(() => {
  vi.restoreAllMocks()
  localStorage.clear()
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
  expect(now().sessionId).not.toBeNull()
  expect(await storage.load('crux-chat')).toBeNull()
  expect(await Promise.all(sent)).toEqual([true])
})

test('STR-54 a turn that was cleared away does not end the next one, nor is it told of', async () => {
  const onChunk = vi.fn<() => void>()
  const { now, turns, send, push } = await render({ onChunk })
  await send('one')
  await act(async () => now().clear())
  await send('two')
  turns[0]?.push(text('late'), done)
  await settle()
  expect(onChunk).not.toHaveBeenCalled()
  expect(now().status).toBe('submitted')
  turns[1]?.fail(new Error('cut'))
  await settle()
  expect(now()).toMatchObject({ status: 'error', messages: [{ content: 'two' }, { finish: 'error' }] })
  await act(async () => now().clear())
  expect(now()).toMatchObject({ status: 'ready', error: null, messages: [] })
  await send('three')
  await push(done)
  expect(now().status).toBe('ready')
})

test('STR-54 a session id that was given is there at once, and stays', async () => {
  const { now, first } = await render({ sessionId: 'mine', storage: memoryChatStorage() })
  expect(first).toMatchObject({ status: 'loading', sessionId: 'mine' })
  await act(async () => now().clear())
  expect(now()).toMatchObject({ status: 'ready', sessionId: 'mine' })
})

test('STR-54 mounted twice, as StrictMode does, it reads once and works', async () => {
  const storage = memoryChatStorage()
  const load = vi.spyOn(storage, 'load')
  const { now, turns, send, push } = await render({ storage }, { isStrict: true })
  expect(load).toHaveBeenCalledTimes(1)
  await send('one')
  await push(text('x'), done)
  expect(turns).toHaveLength(1)
  expect(now().messages.map(({ content }) => content)).toEqual(['one', 'x'])
})

test('STR-54 an unmount aborts, and what had arrived is kept', async () => {
  const storage = memoryChatStorage()
  const onFinish = vi.fn<(...args: unknown[]) => void>()
  const { turns, send, push, unmount, result } = await render({ storage, onFinish })
  await send('one')
  await push(text('Hel'))
  unmount()
  await settle()
  expect(turns[0]?.request.signal.aborted).toBe(true)
  expect((await storage.load('crux-chat'))?.messages[1]).toMatchObject({ content: 'Hel', finish: 'stopped' })
  expect(onFinish).toHaveBeenCalledTimes(1)
  expect(await result.current.send('too late')).toBe(false)
  expect(turns).toHaveLength(1)
})

test('STR-54 send waits for the storage, whose conversation wins over initialMessages', async () => {
  let give: (snapshot: ChatSnapshot) => void = () => {}
  const storage: ChatStorage = {
    ...memoryChatStorage(),
    load: () => new Promise((resolve) => (give = resolve)),
  }
  const message = { id: 'm', role: 'user', pieces: [], createdAt: 1 } as const
  const { now, turns, send, push, rerender } = await render({
    storage,
    initialMessages: [{ ...message, content: 'initial' }],
    context: 'at the call',
  })
  expect(now()).toMatchObject({ status: 'loading', sessionId: null })
  await send('new')
  rerender({ context: 'later' })
  expect(turns).toHaveLength(0)
  expect(now().messages.map(({ content }) => content)).toEqual(['initial'])
  give({ v: 1, sessionId: 'stored', messages: [{ ...message, content: 'old' }] })
  await settle()
  expect(turns[0]?.request).toMatchObject({
    sessionId: 'stored',
    messages: [{ content: 'old' }, { content: 'new' }],
    context: 'at the call',
  })
  await push(done)
  expect(now().status).toBe('ready')
})

test.each([
  ['stop', ['old', 'then']],
  ['clear', ['then']],
] as const)('STR-54 %s refuses what waits for the storage', async (end, contents) => {
  let give: (snapshot: ChatSnapshot) => void = () => {}
  const storage: ChatStorage = {
    ...memoryChatStorage(),
    load: () => new Promise((resolve) => (give = resolve)),
  }
  const { now, turns, send, push, sent } = await render({ storage })
  await send('never')
  await act(async () => now()[end]())
  const message = { id: 'm', role: 'system', content: 'old', pieces: [], createdAt: 1 } as const
  give({ v: 1, sessionId: 'stored', messages: [message] })
  await settle()
  expect(turns).toHaveLength(0)
  await send('then')
  await push(done)
  expect(await Promise.all(sent)).toEqual([false, true])
  expect(now().messages.map(({ content }) => content)).toEqual(contents)
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

test('STR-55 what is stored is the conversation, its answers too, under the key that was given', async () => {
  const storage = memoryChatStorage()
  const { now, send, push, views } = await render({ storage, storageKey: 'mail' })
  await send('one')
  const saved = async () => (await storage.load('mail'))?.messages
  expect(await saved()).toEqual(now().messages)
  await push(interrupt, done)
  await act(async () => void now().resume(interrupt, 'yes'))
  await settle()
  expect((await saved())?.[1]?.pieces).toMatchObject([{ type: 'interrupt', answer: 'yes' }])
  await push(text('x'), done)
  // That it was saved is nothing to render.
  expect(views.filter(({ messages }) => messages === 3)).toHaveLength(1)
  expect(await storage.load('mail')).toEqual({
    v: 1,
    sessionId: now().sessionId,
    messages: now().messages,
  })
  expect(await storage.load('crux-chat')).toBeNull()
})

test('STR-55 a save that fails is visible and harmless, and is tried again with the next', async () => {
  const kept = memoryChatStorage()
  let isFull = true
  const storage: ChatStorage = {
    ...kept,
    save: async (key, snapshot) => {
      if (isFull) throw new Error('quota')
      await kept.save(key, snapshot)
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

const messageWith = (piece: unknown) => ({
  v: 1,
  sessionId: 's',
  messages: [{ id: 'm', role: 'assistant', content: '', pieces: [piece], createdAt: 1 }],
})

test.each<[string, unknown, Partial<StreamChatOptions>]>([
  ['another version', { v: 2, sessionId: 's', messages: [] }, {}],
  ['another session', { v: 1, sessionId: 'other', messages: [] }, { sessionId: 'mine' }],
  ['no conversation', { v: 1, sessionId: 's', messages: [5] }, {}],
  ['nobody', { v: 1, messages: [] }, {}],
  [
    'a message without words',
    { v: 1, sessionId: 's', messages: [{ id: 'm', role: 'user', pieces: [] }] },
    {},
  ],
  ['half a text', messageWith({ id: 'p', type: 'text' }), {}],
  ['half an object', messageWith({ id: 'p', type: 'structured', state: null }), {}],
  ['half a question', messageWith({ id: 'p', type: 'interrupt', interrupt: {} }), {}],
  ['half an error', messageWith({ id: 'p', type: 'error' }), {}],
  ['a piece without a key', messageWith({ type: 'app.own' }), {}],
  ['no JSON', undefined, {}],
])('STR-55 a snapshot of %s is left alone until clear', async (_name, snapshot, options) => {
  const stored = JSON.stringify(snapshot) ?? '{'
  localStorage.setItem('crux-chat', stored)
  const { now, send, push } = await render({ storage: localChatStorage(), ...options })
  expect(now().storageError).toBeInstanceOf(Error)
  await send('one')
  await push(done)
  expect(localStorage.getItem('crux-chat')).toBe(stored)
  act(() => now().clear())
  expect(now().storageError).toBeNull()
  await send('two')
  await push(done)
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

test.each([
  [undefined, 60],
  [{}, 60],
  [{ maxMessages: 2 }, 2],
])('STR-55 localChatStorage(%j) keeps the newest %i messages', async (options, most) => {
  const storage = localChatStorage(options)
  const messages = Array.from(
    { length: 61 },
    (_, index) => ({ id: `${index}`, role: 'user', content: 'x', pieces: [], createdAt: 1 }) as const,
  )
  await storage.save('k', { v: 1, sessionId: 's', messages })
  expect((await storage.load('k'))?.messages).toEqual(messages.slice(-most))
})
