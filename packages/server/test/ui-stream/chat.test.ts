import { createCrux, inMemoryCruxStore, type Crux } from '@crux/core'
import { createCruxClient, createStreamTransport } from '@crux/core/client'
import { createCruxStreamWriter, createCruxUIMessageStream, stripCruxParts } from '@crux/server'
import { describe, expect, onTestFinished, test as base } from 'vitest'
import { loadSdk, openChat, releases, type AiSdk, type ChatMessage } from '../support/ai-releases.ts'
import { countUses } from '../support/count-uses.ts'
import { finish, finishStep, settle, start, startStep, streamOf, text, type Chunk } from './chunks.ts'

const test = base.extend<{ store: ReturnType<typeof countUses> }>({
  store: async ({ task: _task }, provide) => {
    const store = inMemoryCruxStore()
    await provide(countUses(store))
    await store.close()
  },
})

const answer = (...more: Chunk[]) => [start, startStep, ...text(), ...more, finishStep, finish]
const oursIn = (message: ChatMessage | undefined) =>
  (message?.parts ?? []).filter(({ type }) => type === 'data-crux')
const assistants = (messages: readonly ChatMessage[]) => messages.filter(({ role }) => role === 'assistant')

const byName = (a = '', b = '') => a.localeCompare(b)

/** A list with three tasks, and 1,000 updates of them in all. */
async function work(crux: Crux) {
  await crux.plan({ id: `${crux.store.scopePrefix}p`, title: 'Launch' })
  const tasks = ['a', 'b', 'c'].map((id) => ({ id, label: id }))
  const list = await crux.tasklist({ id: `${crux.store.scopePrefix}l`, tasks })
  for (const { id } of tasks) await list.startTask(id)
  for (let index = 0; index < 990; index++) {
    await list.updateTask(['a', 'b', 'c'][index % 3] ?? '', { label: `Label ${index}` })
  }
  for (const { id } of tasks) await list.completeTask(id)
  await list.update({ title: 'Done' })
}

/** A client fed by a chat's `onData`. */
function openClient() {
  const transport = createStreamTransport()
  const client = createCruxClient({ transport })
  client.subscribe('connection', () => {})
  onTestFinished(() => client.close())
  return { transport, client }
}

describe.each(releases)('AI SDK %s', (release) => {
  const load = (): Promise<AiSdk> => loadSdk(release)

  test('LIVE-30 1,000 updates that persist leave one part per entity, transient ones leave none', async ({
    store,
  }) => {
    const sdk = await load()
    for (const persist of [true, false]) {
      const view = store.store.scope(persist ? 'a:' : 'b:')
      const { transport, client } = openClient()
      const chat = openChat(
        sdk,
        () =>
          sdk.createUIMessageStreamResponse({
            stream: createCruxUIMessageStream<Chunk>({
              store: view,
              persist,
              execute: async ({ writer, crux }) => {
                for (const chunk of [start, startStep, ...text()]) writer.write(chunk)
                await work(crux)
                writer.write(finishStep)
                writer.write(finish)
              },
            }),
          }),
        { onData: transport.ingest },
      )
      await chat.sendMessage({ text: 'Go' })
      await settle()
      expect([chat.status, chat.error]).toEqual(['ready', undefined])
      const [message, ...ghosts] = assistants(chat.messages)
      expect(ghosts).toEqual([])
      const ids = oursIn(message).map(({ id }) => id)
      const scope = view.scopePrefix
      const all = [
        `plan:${scope}p`,
        ...['a', 'b', 'c'].map((id) => `task:${scope}l/${id}`),
        `tasklist:${scope}l`,
      ]
      expect(ids.toSorted(byName)).toEqual(persist ? all.toSorted(byName) : [])
      expect(client.getTaskList(`${scope}l`)).toMatchObject({ title: 'Done', status: 'completed' })
      expect(client.getTasks(`${scope}l`).map(({ status }) => status)).toEqual(Array(3).fill('completed'))

      // The history restores what it holds.
      const restored = openClient()
      restored.transport.hydrate(chat.messages)
      await settle()
      expect(restored.client.getTaskIds(`${scope}l`)).toEqual(persist ? ['a', 'b', 'c'] : [])
      expect(restored.client.getConnection().isReady).toBe(true)
    }
    expect(store.open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-33 no ghost message, whatever start says and whoever says it', async ({ store }) => {
    const sdk = await load()
    await createCrux({ store: store.store }).plan({ id: 'p', title: 'Launch' })
    const starts: Chunk[] = [
      start,
      { type: 'start', messageId: 'm1' },
      { type: 'start', messageMetadata: { model: 'x' } },
    ]
    for (const first of starts) {
      for (const persist of [true, false]) {
        const stream = () =>
          createCruxUIMessageStream<Chunk>({
            store: store.store,
            persist,
            execute: async ({ writer, crux }) => {
              // Parts come before the model says a word.
              await crux.plan({ title: 'New' })
              await settle()
              writer.merge(
                streamOf(
                  first,
                  startStep,
                  ...text(),
                  finishStep,
                  startStep,
                  ...text('2'),
                  finishStep,
                  finish,
                ),
              )
              await crux.plan({ title: 'Newer' })
            },
          })
        const chat = openChat(sdk, () => sdk.createUIMessageStreamResponse({ stream: stream() }))
        await chat.sendMessage({ text: 'Go' })
        expect([chat.status, chat.error, chat.messages.length]).toEqual(['ready', undefined, 2])
        expect(chat.messages[1]?.parts.filter(({ type }) => type === 'text')).toHaveLength(2)
        const id = chat.messages[1]?.id
        expect(id).toBe(first['messageId'] ?? id)
      }
    }
  })

  test('LIVE-33 merged into a stream of the SDK the parts are saved with the message', async ({ store }) => {
    const sdk = await load()
    const user: ChatMessage = { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Go' }] }
    let saved: ChatMessage[] = []
    const chat = openChat(sdk, () => {
      const inner = createCruxUIMessageStream<Chunk>({
        store: store.store,
        persist: true,
        execute: async ({ writer, crux }) => {
          await crux.plan({ id: 'p', title: 'Launch' })
          await settle()
          writer.merge(streamOf(...answer()))
        },
      })
      const stream = sdk.createUIMessageStream({
        originalMessages: [user],
        execute: ({ writer }) => writer.merge(inner as ReadableStream<never>),
        onFinish: ({ messages }) => void (saved = messages),
      })
      return sdk.createUIMessageStreamResponse({ stream })
    })
    await chat.sendMessage({ text: 'Go' })
    expect([chat.status, chat.messages.length]).toEqual(['ready', 2])
    await settle()
    expect(saved).toHaveLength(2)
    expect(saved[1]?.id).toBe(chat.messages[1]?.id)
    expect(oursIn(saved[1]).map(({ id }) => id)).toEqual(['plan:p'])
  })

  test('LIVE-33 the bare writer works in the stream of the SDK, as the client sees it', async ({ store }) => {
    const sdk = await load()
    for (const persist of [true, false]) {
      const view = store.store.scope(persist ? 'a:' : 'b:')
      const { transport, client } = openClient()
      const chat = openChat(
        sdk,
        () => {
          const stream = sdk.createUIMessageStream({
            execute: async ({ writer }) => {
              const cruxWriter = createCruxStreamWriter<Chunk>(
                writer as { write: (chunk: object) => void; merge: (stream: ReadableStream) => void },
                view,
                { persist },
              )
              try {
                const crux = createCrux({ store: view })
                await crux.plan({ id: `${view.scopePrefix}p`, title: 'Launch' })
                cruxWriter.merge(streamOf({ type: 'start', messageId: 'm1' }, ...answer().slice(1)))
                await crux.updatePlan(`${view.scopePrefix}p`, { title: 'Landing' })
              } finally {
                await cruxWriter.close()
              }
            },
          })
          return sdk.createUIMessageStreamResponse({ stream })
        },
        { onData: transport.ingest },
      )
      await chat.sendMessage({ text: 'Go' })
      await settle()
      expect([chat.status, chat.error, chat.messages.length]).toEqual(['ready', undefined, 2])
      expect(oursIn(chat.messages[1])).toHaveLength(persist ? 1 : 0)
      expect(client.getPlan(`${view.scopePrefix}p`)?.title).toBe('Landing')
    }
    expect(store.open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-32 an un-awaited close() loses nothing', async ({ store }) => {
    const sdk = await load()
    const { transport, client } = openClient()
    const chat = openChat(
      sdk,
      () => {
        const stream = sdk.createUIMessageStream({
          execute: async ({ writer }) => {
            const write = writer.write as (chunk: object) => void
            const cruxWriter = createCruxStreamWriter<Chunk>({ write }, store.store, { snapshot: false })
            const list = await createCrux({ store: store.store }).tasklist({
              id: 'l',
              tasks: [{ id: 'a', label: 'A' }],
            })
            await list.startTask('a')
            for (let percent = 1; percent <= 100; percent++) await list.reportProgress('a', { percent })
            void cruxWriter.close()
          },
        })
        return sdk.createUIMessageStreamResponse({ stream })
      },
      { onData: transport.ingest },
    )
    await chat.sendMessage({ text: 'Go' })
    await settle()
    expect(client.getTask('l', 'a')).toMatchObject({ percent: 100 })
    expect(store.open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-30 stripped, a history gives the model what it would have without the parts', async ({
    store,
  }) => {
    const sdk = await load()
    for (const chunks of [answer(), [start, startStep, finishStep, finish], answer(startStep)]) {
      const histories: ChatMessage[][] = []
      for (const persist of [true, false]) {
        const chat = openChat(sdk, () =>
          sdk.createUIMessageStreamResponse({
            stream: createCruxUIMessageStream<Chunk>({
              store: store.store,
              persist,
              execute: async ({ writer, crux }) => {
                await crux.plan({ title: 'Launch' })
                writer.merge(streamOf(...chunks))
              },
            }),
          }),
        )
        await chat.sendMessage({ text: 'Go' })
        histories.push(chat.messages)
      }
      const [kept = [], without = []] = histories
      const stripped = await sdk.convertToModelMessages(stripCruxParts(kept))
      expect(stripped.filter(({ content }) => Array.isArray(content) && content.length === 0)).toEqual([])
      expect(stripped).toEqual(
        (await sdk.convertToModelMessages(without)).filter(
          ({ content }) => !(Array.isArray(content) && content.length === 0),
        ),
      )
    }
  })

  test('LIVE-34 a throw in execute is an error at the client, and leaves nothing', async ({ store }) => {
    const sdk = await load()
    const { transport, client } = openClient()
    const chat = openChat(
      sdk,
      () =>
        sdk.createUIMessageStreamResponse({
          stream: createCruxUIMessageStream<Chunk>({
            store: store.store,
            execute: async ({ writer, crux }) => {
              writer.merge(streamOf(start, startStep, ...text()))
              await crux.plan({ id: 'p', title: 'Launch' })
              throw new Error('secret')
            },
            onError: () => 'Something went wrong.',
          }),
        }),
      { onData: transport.ingest },
    )
    await chat.sendMessage({ text: 'Go' })
    await settle()
    expect([chat.status, chat.error?.message]).toEqual(['error', 'Something went wrong.'])
    expect(client.getPlan('p')).toBeDefined()
    expect(store.open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-34 two chats on one store see only their scope', async ({ store }) => {
    const sdk = await load()
    const chats = ['chat:1:', 'chat:2:'].map((scope) => {
      const opened = openClient()
      const chat = openChat(
        sdk,
        () =>
          sdk.createUIMessageStreamResponse({
            stream: createCruxUIMessageStream<Chunk>({
              store: store.store.scope(scope),
              persist: true,
              execute: async ({ writer, crux }) => {
                writer.merge(streamOf(...answer()))
                for (let index = 0; index < 5; index++) await crux.plan({ title: scope })
              },
            }),
          }),
        { onData: opened.transport.ingest },
      )
      return { scope, chat, ...opened }
    })
    await Promise.all(chats.map(({ chat }) => chat.sendMessage({ text: 'Go' })))
    await settle()
    for (const { scope, chat, client } of chats) {
      expect(client.getPlans().map(({ title }) => title)).toEqual(Array(5).fill(scope))
      expect(oursIn(chat.messages[1])).toHaveLength(5)
    }
  })
})

test('LIVE-32 the end of an `await using` block closes a writer', async ({ store: { store } }) => {
  const written: object[] = []
  const crux = createCrux({ store })
  {
    await using writer = createCruxStreamWriter<Chunk>({ write: (chunk) => void written.push(chunk) }, store)
    writer.write(start)
    await crux.plan({ id: 'p', title: 'Launch' })
  }
  await crux.updatePlan('p', { title: 'Landing' })
  expect(written).toMatchObject([
    start,
    { type: 'data-crux', id: 'plan:p', data: { value: { title: 'Launch' } } },
  ])
})
