// @vitest-environment happy-dom
import { useChat as useChat7 } from '@ai-sdk/react'
import { readTaskPlan } from '@crux/core/client'
import { injectTaskPlanIntoStream } from '@crux/server/task-plan'
import * as ai7 from 'ai'
import { useChat as useChat5 } from 'ai-sdk-react-v5'
import { useChat as useChat6 } from 'ai-sdk-react-v6'
import * as ai5 from 'ai-v5'
import * as ai6 from 'ai-v6'
import { act, createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { expect, test, vi } from 'vitest'
import { fixture } from './fixtures.ts'
import { summary } from './run-reducer.ts'

// React warns about updates outside of act otherwise.
vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true)

interface ShownChat {
  readonly status: string
  readonly messages: readonly { readonly parts: readonly unknown[] }[]
  readonly sendMessage: (message: { text: string }) => Promise<void>
}

// The releases differ in types that do not matter here.
const pairs = {
  ai5: { useChat: useChat5, transport: ai5.DefaultChatTransport },
  ai6: { useChat: useChat6, transport: ai6.DefaultChatTransport },
  ai7: { useChat: useChat7, transport: ai7.DefaultChatTransport },
} as unknown as Record<
  string,
  { useChat: (options: object) => ShownChat; transport: new (options: object) => object }
>

test.each(Object.keys(pairs))(
  'INJ-A2 useChat of %s shows the plan beside its message and ends ready',
  async (release) => {
    const pair = pairs[release]
    if (!pair) throw new Error('There is no such pair')
    const { bytes, headers } = fixture(`${release}/25`)
    const fetch = async () =>
      injectTaskPlanIntoStream(new Response(bytes, { headers }), { planId: 'p', hideMetaTool: true })
    const transport = new pair.transport({ api: 'https://chat.test/', fetch })
    const plans: string[] = []
    let chat: ShownChat | undefined

    function Chat() {
      chat = pair?.useChat({ transport })
      const plan = readTaskPlan(chat?.messages.at(-1)?.parts ?? [])
      if (plan) plans.push(String(summary(plan)))
      return null
    }
    const root = createRoot(document.createElement('div'))
    await act(async () => root.render(createElement(Chat)))
    await act(async () => chat?.sendMessage({ text: 'Hello' }))
    expect(chat?.status).toBe('ready')
    expect(plans.at(-1)).toBe('find done,agent-plan-2 done,agent-plan-3 skipped not-reported,call-3 done')
    await act(async () => root.unmount())
  },
)
