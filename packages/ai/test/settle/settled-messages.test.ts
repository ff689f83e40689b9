import { cascade, createCruxAi, generate, prompt, settledMessages, stream } from '@crux/ai'
import { scriptedGateway, scriptedModel, type ScriptStep } from '@crux/ai/testing'
import {
  APICallError,
  createUIMessageStreamResponse,
  generateText,
  toUIMessageStream,
  tool,
  type ModelMessage,
} from 'ai'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { approve, bank, call, calls, createBank, suspend, told } from '../approvals/approvals-kit.ts'

const ask = prompt({ id: 'ask', prompt: 'Add.' })
const busy = () =>
  new APICallError({ message: 'busy', url: 'https://x.test', requestBodyValues: {}, statusCode: 400 })

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing',
    (error: unknown) => error,
  )
}

function adder(run: () => Promise<unknown> = async () => 3) {
  const add = vi.fn<typeof run>(run)
  return { add, tools: { add: tool({ inputSchema: z.object({}), execute: add }) } }
}

const addCall: ScriptStep = { tools: [{ name: 'add', input: {} }] }

/** Both kinds of call, run to their end. */
const ways = [
  ['generate', (options: Parameters<typeof generate>[1]) => generate(ask, options)],
  [
    'stream',
    async (options: Parameters<typeof generate>[1]) => (await stream(ask, options as never)).completion,
  ],
] as const

describe.each(ways)('AI-65 %s that fails after tools ran', (_name, run) => {
  test('leaves a history that can be sent back as it is', async () => {
    const { add, tools } = adder()
    const error = await rejection(run({ model: scriptedModel([addCall, { error: busy() }]), tools }))
    expect(error).toMatchObject({ message: 'busy' })
    const messages = settledMessages(error)
    expect(messages?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
    const next = scriptedModel(['It is 3.'])
    expect((await generate(ask, { model: next, tools, messages })).text).toBe('It is 3.')
    expect(told(next)).toContain('"value":3')
    expect(add).toHaveBeenCalledOnce()
  })

  test('tells of a call that may have run, and of a sibling that did', async () => {
    const controller = new AbortController()
    const { tools } = adder()
    const wait = tool({
      inputSchema: z.object({}),
      execute: () => {
        setTimeout(() => controller.abort(), 20)
        return new Promise<string>(() => {})
      },
    })
    const model = scriptedModel([
      {
        text: 'Two at once.',
        tools: [
          { name: 'add', input: {} },
          { name: 'wait', input: {} },
          { name: 'confirm', input: {} },
        ],
      },
    ])
    const confirm = tool({ inputSchema: z.object({}) })
    const error = await rejection(
      run({ model, tools: { ...tools, wait, confirm }, abortSignal: controller.signal }),
    )
    expect(settledMessages(error)).toEqual([
      { role: 'user', content: 'Add.' },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Two at once.' },
          { type: 'tool-call', toolCallId: 'call-1-0', toolName: 'add', input: {} },
          { type: 'tool-call', toolCallId: 'call-1-1', toolName: 'wait', input: {} },
          { type: 'tool-call', toolCallId: 'call-1-2', toolName: 'confirm', input: {} },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'call-1-0',
            toolName: 'add',
            output: { type: 'json', value: 3 },
          },
          {
            type: 'tool-result',
            toolCallId: 'call-1-1',
            toolName: 'wait',
            output: { type: 'error-text', value: 'no result: call ended with AbortError; it may have run' },
          },
          {
            type: 'tool-result',
            toolCallId: 'call-1-2',
            toolName: 'confirm',
            output: { type: 'error-text', value: 'no result: call ended with AbortError' },
          },
        ],
      },
    ])
    const next = scriptedModel(['Fine.'])
    await generate(ask, { model: next, tools, messages: settledMessages(error) ?? [] })
    expect(next.calls).toHaveLength(1)
  })

  test('has none where no tool ran', async () => {
    const error = await rejection(run({ model: scriptedModel([{ error: busy() }]) }))
    expect(settledMessages(error)).toBeUndefined()
    expect(Object.keys(error as object)).not.toContain('messages')
  })

  test('has none for an error that ended two calls, nor for values that are no objects', async () => {
    const controller = new AbortController()
    const models = [1, 2, 3].map(() => scriptedModel([addCall, { hang: true }]))
    const own = new AbortController()
    const [first, second, third] = models.map((model, index) => {
      const abortSignal = (index < 2 ? controller : own).signal
      return rejection(run({ model, tools: adder().tools, abortSignal }))
    })
    await vi.waitFor(() => expect(models.map(({ calls }) => calls.length)).toEqual([2, 2, 2]), {
      timeout: 10_000,
    })
    controller.abort(new Error('all'))
    expect(await first).toBe(await second)
    expect(settledMessages(await first)).toBeUndefined()
    own.abort('a text')
    expect(settledMessages(await third)).toBeUndefined()
  })
})

test('AI-65 the history of a failed correction has the attempts before it', async () => {
  const { add, tools } = adder()
  const typed = prompt({ prompt: 'A number.', output: z.number() })
  const model = scriptedModel([addCall, 'three', 'drei'])
  const error = await rejection(generate(typed, { model, tools, validationRetry: { maxRetries: 1 } }))
  const messages = settledMessages(error)
  expect(messages?.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'assistant',
    'user',
    'assistant',
  ])
  expect(add).toHaveBeenCalledOnce()
})

test('AI-65 what ended is told as the SDK would have told it', async () => {
  const metadata = { providerMetadata: { acme: { itemId: 'i1' } } }
  const file = { mediaType: 'image/png', data: { type: 'data', data: 'aGk=' } }
  const web = { toolName: 'web', providerExecuted: true }
  const sdkContent = [
    { type: 'text', text: '' },
    { type: 'text', text: 'Let me see.', ...metadata },
    { type: 'reasoning', text: 'Hm.', ...metadata },
    { type: 'file', ...file, ...metadata },
    { type: 'reasoning-file', ...file },
    { type: 'custom', kind: 'acme.note', ...metadata },
    { type: 'source', sourceType: 'url', id: 's1', url: 'https://a.test' },
    { type: 'tool-call', toolCallId: 'w1', input: '{}', ...web, ...metadata },
    { type: 'tool-result', toolCallId: 'w1', result: { found: 1 }, ...web, ...metadata },
    { type: 'tool-call', toolCallId: 'w2', input: '{}', ...web },
    ...['object', 'text', 'nothing', 'fails', 'throws', 'says', 'shrugs', 'wait'].map((toolName) => ({
      type: 'tool-call',
      toolCallId: toolName,
      toolName,
      input: '{}',
    })),
  ]
  const script = scriptedModel(['', ''])
  const model = {
    ...script,
    doGenerate: async (options: Parameters<typeof script.doGenerate>[0]) => ({
      ...(await script.doGenerate(options)),
      content: sdkContent as never,
      finishReason: { unified: 'tool-calls' as const, raw: undefined },
    }),
  }
  const make = (execute: () => unknown) => tool({ inputSchema: z.object({}), execute: async () => execute() })
  const fail = (value: unknown) => () => Promise.reject(value)
  const toolsWith = (wait: () => unknown) => ({
    object: make(() => ({ sum: 3 })),
    text: make(() => 'three'),
    nothing: make(() => undefined),
    fails: make(fail(new Error('no luck'))),
    throws: make(fail({ code: 7 })),
    says: make(fail('out of luck')),
    shrugs: make(fail(undefined)),
    wait: make(wait),
  })

  const { responseMessages } = await generateText({ model, prompt: 'Add.', tools: toolsWith(() => 'done') })
  const controller = new AbortController()
  const wait = () => {
    setTimeout(() => controller.abort(), 20)
    return new Promise(() => {})
  }
  const error = await rejection(
    generate(ask, { model, tools: toolsWith(wait), abortSignal: controller.signal }),
  )
  const [, ...turns] = settledMessages(error) ?? []
  const [assistant, results] = responseMessages
  expect(turns[0]).toEqual(assistant)
  const withoutLast = ({ content }: ModelMessage) => content.slice(0, -1)
  expect(turns).toHaveLength(2)
  expect(withoutLast(turns[1]!)).toEqual(withoutLast(results!))
  expect(turns[1]?.content.at(-1)).toMatchObject({ toolCallId: 'wait', output: { type: 'error-text' } })
})

test('AI-65 tools of the provider have run too', async () => {
  const script = scriptedModel([''])
  const web = { toolCallId: 'w1', toolName: 'web' }
  const content = [
    { type: 'tool-call', input: '{}', providerExecuted: true, ...web },
    { type: 'tool-result', result: { found: 1 }, ...web },
    { type: 'text', text: 'no number' },
  ]
  const model = {
    ...script,
    doGenerate: async (options: Parameters<typeof script.doGenerate>[0]) => ({
      ...(await script.doGenerate(options)),
      content: content as never,
    }),
  }
  const typed = prompt({ prompt: 'A number.', output: z.number() })
  const messages = settledMessages(await rejection(generate(typed, { model })))
  expect(messages?.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test('AI-65 a model that counts its calls anew in each step gets no result of an earlier one', async () => {
  const controller = new AbortController()
  const wait = tool({
    inputSchema: z.object({}),
    execute: () => {
      setTimeout(() => controller.abort(), 20)
      return new Promise<string>(() => {})
    },
  })
  const steps = ['add', 'wait'].map((name) => ({ tools: [{ name, input: {}, id: 'call_0' }] }))
  const tools = { ...adder().tools, wait }
  const error = await rejection(
    generate(ask, { model: scriptedModel(steps), tools, abortSignal: controller.signal }),
  )
  expect(settledMessages(error)?.at(-1)).toMatchObject({
    content: [{ toolName: 'wait', output: { type: 'error-text', value: /may have run/ } }],
  })
})

test('AI-65 a result is told as toModelOutput has it, unless that has to be waited for', async () => {
  const controller = new AbortController()
  const make = (toModelOutput: never) =>
    tool({
      inputSchema: z.object({}),
      execute: async () => Object.assign(Object.create(null), { big: 1n }),
      toModelOutput,
    })
  const tools = {
    now: make((() => ({ type: 'text', value: 'short' })) as never),
    later: make((() => Promise.reject(new Error('nobody waits for this'))) as never),
    fails: make((() => {
      throw new Error('broken')
    }) as never),
    wait: tool({
      inputSchema: z.object({}),
      execute: () => {
        setTimeout(() => controller.abort(), 20)
        return new Promise<string>(() => {})
      },
    }),
  }
  const model = scriptedModel([
    { tools: ['now', 'later', 'fails', 'wait'].map((name) => ({ name, input: {} })) },
  ])
  const error = await rejection(generate(ask, { model, tools, abortSignal: controller.signal }))
  expect(settledMessages(error)?.at(-1)).toMatchObject({
    content: [
      { output: { type: 'text', value: 'short' } },
      // A BigInt has no JSON.
      { output: { type: 'json', value: '[object Object]' } },
      { output: { type: 'json', value: '[object Object]' } },
      { output: { type: 'error-text' } },
    ],
  })
})

describe('approved tools', () => {
  async function approved() {
    const { pay, tools } = createBank()
    const { messages, request } = await suspend(tools)
    return { pay, tools, messages: approve(messages, request) }
  }

  test('AI-65 AI-89 AIT-77 the model fails after the approved tool ran: the next call ends without a second run', async () => {
    const { pay, tools, messages } = await approved()
    const error = await rejection(
      generate(bank, { model: scriptedModel([{ error: busy() }]), tools, messages }),
    )
    const settled = settledMessages(error)
    if (settled === undefined) throw new Error('no history')
    const next = scriptedModel(['Paid.'])
    const { text } = await generate(bank, { model: next, tools, messages: settled })
    expect(text).toBe('Paid.')
    expect(told(next)).toContain('paid 5')
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-65 the same in a stream', async () => {
    const { pay, tools, messages } = await approved()
    const { completion } = await stream(bank, { model: scriptedModel([{ error: busy() }]), tools, messages })
    const settled = settledMessages(await rejection(completion))
    const next = scriptedModel(['Paid.'])
    await generate(bank, { model: next, tools, messages: settled ?? [] })
    expect(told(next)).toContain('paid 5')
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-65 left while it runs, its result is open, and it does not run again', async () => {
    const { tools, messages } = await approved()
    const controller = new AbortController()
    const execute = () => {
      setTimeout(() => controller.abort(new DOMException('too slow', 'TimeoutError')))
      return new Promise<string>(() => {})
    }
    const hanging = { ...tools, pay: { ...tools.pay, execute } }
    const error = await rejection(
      generate(bank, {
        model: scriptedModel([]),
        tools: hanging,
        messages,
        abortSignal: controller.signal,
      }),
    )
    expect(JSON.stringify(settledMessages(error))).toContain(
      'no result: call ended with TimeoutError; it may have run',
    )
    const next = scriptedModel(['I cannot tell.'])
    await generate(bank, { model: next, tools, messages: settledMessages(error) ?? [] })
    expect(next.calls).toHaveLength(1)
  })

  test('AI-65 an approval that is refused leaves no history: the request is still open', async () => {
    const { pay, tools } = createBank()
    const { messages, request } = await suspend(tools)
    const forged = approve(messages, { ...request, approvalToken: 'v1.x.y' })
    const error = await rejection(generate(bank, { model: scriptedModel([]), tools, messages: forged }))
    expect(error).toMatchObject({ name: 'ToolApprovalError' })
    expect(settledMessages(error)).toBeUndefined()
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-32 AI-89 AIT-25 a schema failure behind it: it runs once, and the next attempt sees its result', async () => {
    const { pay, tools, messages } = await approved()
    const typed = prompt({ id: 'bank', prompt: 'Pay my bills.', output: z.object({ paid: z.number() }) })
    const model = scriptedModel(['done', { object: { paid: 5 } }])
    const { object } = await generate(typed, { model, tools, messages, validationRetry: {} })
    expect(object).toEqual({ paid: 5 })
    expect(told(model, 1)).toContain('paid 5')
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-44 AI-89 AIT-25 the same behind corrections in the tier that is rejected', async () => {
    const { pay, tools, messages } = await approved()
    const typed = prompt({ id: 'bank', prompt: 'Pay my bills.', output: z.object({ paid: z.number() }) })
    const large = scriptedModel([{ object: { paid: 5 } }])
    const tiers = [{ model: scriptedModel(['Hm.', 'Hm.']) }, { model: large }]
    const validationRetry = { maxRetries: 1 }
    const { object } = await generate(typed, { model: cascade({ tiers }), tools, messages, validationRetry })
    expect(object).toEqual({ paid: 5 })
    expect(told(large)).toContain('paid 5')
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-65 used up before a failure that ran nothing, the call is answered all the same', async () => {
    const { pay, tools, messages } = await approved()
    const down = new Error('down')
    const { generate: unable } = createCruxAi({
      gateway: scriptedGateway({ generateText: () => Promise.reject(down) }),
    })
    const error = await rejection(unable(bank, { model: scriptedModel([]), tools, messages }))
    expect(error).toBe(down)
    expect(settledMessages(error)?.at(-1)).toMatchObject({
      role: 'tool',
      content: [
        { type: 'tool-approval-response' },
        { output: { type: 'error-text', value: 'no result: call ended with Error' } },
      ],
    })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-44 AI-89 AIT-25 a rejected tier behind it: it runs once, and the next tier sees its result', async () => {
    const { pay, tools, messages } = await approved()
    const large = scriptedModel(['Paid.'])
    const tiers = [{ model: scriptedModel(['Hm.']), evaluate: () => false }, { model: large }]
    const result = await generate(bank, { model: cascade({ tiers }), tools, messages })
    expect(result.text).toBe('Paid.')
    expect(told(large)).toContain('paid 5')
    expect(told(large)).not.toContain('Hm.')
    expect(pay).toHaveBeenCalledOnce()
    const next = scriptedModel(['Fine.'])
    const more: ModelMessage = { role: 'user', content: 'Thanks.' }
    await generate(bank, { model: next, tools, messages: [...result.messages, more] })
    expect(pay).toHaveBeenCalledOnce()
  })
})

describe('suspension', () => {
  test('AI-36 a suspended result is not judged, and its object says why it is not there', async () => {
    const { tools } = createBank()
    const typed = prompt({ prompt: 'Pay.', output: z.number() })
    const result = await generate(typed, { model: scriptedModel([calls(call('pay', { sum: 5 }))]), tools })
    expect(result._meta.finishReason).toBe('tool_approval_required')
    expect(() => result.object).toThrow(
      'generate(): no object, suspended for approval; check pendingApprovals first',
    )
    const again = await generate(typed, { model: scriptedModel([]), tools, messages: result.messages })
    expect(again).toMatchObject({
      text: '',
      steps: [],
      _meta: { attempts: 0, finishReason: 'tool_approval_required' },
    })
    expect(again.messages).toEqual(result.messages)
    expect(() => again.object).toThrow('suspended for approval')
    expect('raw' in again).toBe(false)
  })

  test('AI-56 AIT-36 a stream has its tokens in completion, and nowhere else', async () => {
    const { pay, tools } = createBank()
    const model = scriptedModel([{ text: 'I will pay.', tools: [{ name: 'pay', input: { sum: 5 } }] }])
    const { completion, raw } = await stream(bank, { model, tools })
    const { pendingApprovals = [], messages, finishReason } = await completion
    expect(finishReason).toBe('tool_approval_required')
    const token = pendingApprovals[0]?.approvalToken
    expect(token).toMatch(/^v1\./)
    if (raw === undefined) throw new Error('no raw result')
    const ui = createUIMessageStreamResponse({ stream: toUIMessageStream({ stream: raw.stream, tools }) })
    const shown = [await ui.text(), JSON.stringify(await raw.steps), JSON.stringify(messages)]
    expect(shown[0]).toContain('tool-approval-request')
    for (const text of shown) expect(text).not.toContain(token)

    const { textStream, completion: still } = await stream(bank, {
      model: scriptedModel([]),
      tools,
      messages,
    })
    for await (const _text of textStream) throw new Error('nothing is streamed')
    expect((await still).pendingApprovals).toMatchObject([{ toolName: 'pay' }])
    expect((await still).streaming).toEqual({ totalChunks: 0 })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-66 a call that its policy approved by itself is no open request', async () => {
    const { balance, tools } = createBank()
    const step = { tools: [call('balance')], finishReason: 'length' as const }
    const { messages } = await generate(bank, {
      model: scriptedModel([step]),
      tools,
      toolApproval: { balance: 'approved' },
    })
    expect(messages.at(-1)?.content.at(-1)).toMatchObject({
      output: { value: 'not executed: model stopped with length' },
    })
    const next = scriptedModel(['Fine.'])
    await generate(bank, { model: next, tools, messages: [...messages, { role: 'user', content: 'Why?' }] })
    expect(next.calls).toHaveLength(1)
    expect(balance).not.toHaveBeenCalled()
  })

  test('AI-66 beside an open request, a sibling that the cut-off left unrun gets its error result', async () => {
    const { balance, tools } = createBank()
    const step = { tools: [call('pay', { sum: 5 }), call('balance')], finishReason: 'length' as const }
    const { messages, pendingApprovals = [] } = await generate(bank, { model: scriptedModel([step]), tools })
    expect(pendingApprovals).toMatchObject([{ toolName: 'pay' }])
    expect(messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ toolName: 'balance', output: { value: 'not executed: model stopped with length' } }],
    })
    const [request] = pendingApprovals
    if (request === undefined) throw new Error('no request')
    const next = scriptedModel(['Paid.'])
    await generate(bank, { model: next, tools, messages: approve(messages, request) })
    expect(told(next)).toContain('paid 5')
    expect(balance).not.toHaveBeenCalled()
  })
})
