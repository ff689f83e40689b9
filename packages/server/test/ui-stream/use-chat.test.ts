// @vitest-environment happy-dom
import { inMemoryCruxStore } from '@crux/core'
import { createCruxClient, createStreamTransport } from '@crux/core/client'
import { createCruxUIMessageStream } from '@crux/server'
import { act, createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, onTestFinished, test } from 'vitest'
import { loadSdk } from '../support/ai-releases.ts'
import { finish, finishStep, start, startStep, streamOf, text, type Chunk } from './chunks.ts'
import { eventually } from '../../../../test/eventually.ts'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

interface UsedChat {
  readonly messages: readonly { readonly parts: readonly { readonly type: string }[] }[]
  readonly status: string
  readonly sendMessage: (message: { text: string }) => Promise<void>
}

const hooks = {
  '5.0.277': () => import('ai-sdk-react-v5'),
  '6.0.326': () => import('ai-sdk-react-v6'),
  '7.0.173': () => import('@ai-sdk/react'),
}

test.each(Object.keys(hooks) as (keyof typeof hooks)[])(
  'LIVE-30 useChat of AI SDK %s feeds the client through onData',
  async (release) => {
    const sdk = await loadSdk(release)
    const useChat = (await hooks[release]()).useChat as unknown as (options: object) => UsedChat
    const store = inMemoryCruxStore()
    onTestFinished(() => store.close())
    const answer = () =>
      sdk.createUIMessageStreamResponse({
        stream: createCruxUIMessageStream<Chunk>({
          store,
          persist: true,
          execute: async ({ writer, crux }) => {
            writer.merge(streamOf(start, startStep, ...text(), finishStep, finish))
            const list = await crux.tasklist({ id: 'l', tasks: [{ id: 'a', label: 'A' }] })
            for (let percent = 1; percent <= 100; percent++) await list.reportProgress('a', { percent })
            await list.completeTask('a')
          },
        }),
      })

    const transport = createStreamTransport()
    const client = createCruxClient({ transport })
    client.subscribe('connection', () => {})
    let chat: UsedChat | undefined
    function Page() {
      const toServer = new sdk.DefaultChatTransport({ fetch: async () => answer() })
      chat = useChat({ transport: toServer, onData: transport.ingest })
      return null
    }
    const root = createRoot(document.createElement('div'))
    await act(async () => root.render(createElement(Page)))
    onTestFinished(async () => {
      await act(async () => root.unmount())
      client.close()
    })

    await act(async () => chat?.sendMessage({ text: 'Go' }))
    await eventually(() =>
      expect(client.getTask('l', 'a')).toMatchObject({ status: 'completed', percent: 100 }),
    )
    await eventually(() => expect(chat?.status).toBe('ready'))
    expect(chat?.messages).toHaveLength(2)
    expect(chat?.messages[1]?.parts.filter(({ type }) => type === 'data-crux')).toHaveLength(2)
  },
)
