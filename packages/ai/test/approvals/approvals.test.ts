import { generate, prompt } from '@crux/ai'
import { scriptedModel, type ScriptedModel } from '@crux/ai/testing'
import {
  approvalMiddleware,
  findToolApprovalRequests,
  type PendingApproval,
} from '@crux/core/tool-middleware'
import { tool, type ModelMessage, type ToolSet } from 'ai'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import {
  approve,
  bank,
  call,
  calls,
  createApproval,
  createBank,
  deny,
  resume,
  stored,
  suspend,
  suspendBoth,
  told,
  mock,
} from './approvals-kit.ts'

afterEach(() => void vi.useRealTimers())

describe('AI-54 a call that needs an approval', () => {
  test('AI-54 AIT-67 suspends the run: it does not run, its siblings do, and it is pending with a token', async () => {
    const { tools, pay, balance } = createBank()
    const model = scriptedModel([
      { text: 'I pay.', tools: [call('pay', { sum: 5 }, 'p'), call('balance', {}, 'b')] },
    ])
    vi.useFakeTimers({ toFake: ['Date'] })
    const result = await generate(bank, { model, tools })

    expect(pay).not.toHaveBeenCalled()
    expect(balance).toHaveBeenCalledOnce()
    expect(model.calls).toHaveLength(1)
    expect(result).toMatchObject({ text: 'I pay.', _meta: { finishReason: 'tool_approval_required' } })
    expect(result.pendingApprovals).toEqual([
      {
        approvalId: expect.any(String),
        toolCallId: 'p',
        toolName: 'pay',
        input: { sum: 5 },
        approvalToken: expect.stringMatching(/^v1\.[\w-]+\.[\w-]{43}$/),
        expiresAt: Date.now() + 900_000,
      },
    ])
    expect(result.messages.at(-1)).toEqual({
      role: 'tool',
      content: [expect.objectContaining({ type: 'tool-result', toolCallId: 'b' })],
    })
    expect(findToolApprovalRequests(result.messages)).toMatchObject([{ toolCallId: 'p', input: { sum: 5 } }])
  })

  test('AI-55 AIT-67 two tokens never match, not for the same call either', async () => {
    const { tools } = createBank()
    const script = [calls(call('pay', { sum: 5 }, 'p'))]
    const [one, two] = await Promise.all([suspend(tools, {}, script), suspend(tools, {}, script)])
    expect(one.request.approvalToken).not.toBe(two.request.approvalToken)
    expect(one.request.approvalId).not.toBe(two.request.approvalId)
  })

  test('AI-56 AIT-67 no token is in messages, steps, the raw result or anything else but pendingApprovals', async () => {
    const { tools } = createBank()
    const { request, result } = await suspend(tools)
    const { pendingApprovals: _, ...rest } = result
    const signature = request.approvalToken?.split('.')[2] ?? 'none'
    expect(JSON.stringify([rest, result.raw?.steps, result.raw?.responseMessages])).not.toContain(signature)
    expect(JSON.stringify(rest)).not.toContain('approvalToken')
  })

  test('AI-54 AIT-76 an input that storage would change is refused before anything of the step runs', async () => {
    const { balance } = createBank()
    const execute = mock(async () => 'booked')
    const tools = {
      balance: tool({ inputSchema: z.object({}), execute: balance }),
      book: tool({
        inputSchema: z.object({ at: z.object({ day: z.string().transform((day) => new Date(day)) }) }),
        needsApproval: true,
        execute,
      }),
    }
    const model = scriptedModel([calls(call('balance'), call('book', { at: { day: '2026-01-01' } }))])
    await expect(generate(bank, { model, tools })).rejects.toMatchObject({
      code: 'usage',
      message:
        'generate(): input of gated tool "book" would not survive JSON at $.at.day, got Date; let its inputSchema give plain JSON',
    })
    expect(execute).not.toHaveBeenCalled()
    expect(balance).not.toHaveBeenCalled()
  })

  const inputs = z.object({ a: z.number() })

  test('AI-54 AIT-76 a key that holds undefined counts as changed', async () => {
    const inputSchema = inputs.transform(() => ({ a: undefined }))
    const tools = { odd: { inputSchema, needsApproval: true, execute: async () => 'done' } }
    const running = generate(bank, { model: scriptedModel([calls(call('odd', { a: 1 }))]), tools })
    await expect(running).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('$.a') })
  })

  test.each([
    ['minus zero', inputs.transform(() => ({ a: -0 }))],
    ['a transformed text', inputs.transform(({ a }) => ({ a: `${a}!` }))],
  ])('AI-54 AIT-76 %s comes back from storage and is approved', async (_name, inputSchema) => {
    const execute = mock(async () => 'done')
    const tools = { odd: { inputSchema, needsApproval: true, execute } }
    const { messages, pendingApprovals = [] } = await generate(bank, {
      model: scriptedModel([calls(call('odd', { a: 1 }))]),
      tools,
    })
    expect(pendingApprovals).toHaveLength(1)
    await resume(tools, approve(stored(messages), stored(pendingApprovals[0]) as PendingApproval))
    expect(execute).toHaveBeenCalledOnce()
  })
})

describe('AI-59 an approval', () => {
  test('AI-59 AIT-68 lets the tool run once, tells the model its result, and the answer comes', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const model = scriptedModel(['Paid.'])
    const result = await generate(bank, { model, tools, messages: approve(messages, request) })

    expect(pay).toHaveBeenCalledExactlyOnceWith(
      { sum: 5 },
      expect.objectContaining({ toolCallId: request.toolCallId }),
    )
    expect(told(model)).toContain('paid 5')
    expect(result).toMatchObject({ text: 'Paid.', _meta: { finishReason: 'stop' } })
    expect(result.pendingApprovals).toBeUndefined()
    expect(JSON.stringify(result.messages)).not.toContain('approvalToken')
  })

  test('AI-59 AIT-68 the result can be sent on, and nothing runs again', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const paid = await resume(tools, approve(messages, request))
    const again = await generate(bank, { model: scriptedModel(['Sure.']), tools, messages: paid.messages })
    const next = [...again.messages, { role: 'user' as const, content: 'And now?' }]
    const model = scriptedModel(['Nothing.'])
    expect(await generate(bank, { model, tools, messages: stored(next) })).toMatchObject({ text: 'Nothing.' })
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-59 AIT-68 a second gated call after the approval is asked for anew', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const second = await suspend(tools, { messages: approve(messages, request) }, [
      calls(call('pay', { sum: 6 }, 'second')),
    ])
    expect(pay).toHaveBeenCalledOnce()
    await resume(tools, approve(second.messages, second.request))
    expect(pay.mock.calls.map(([{ sum }]) => sum)).toEqual([5, 6])
  })

  test('AI-61 a model that gives every call the same id runs each that needs no approval', async () => {
    const { tools, balance } = createBank()
    const same = calls(call('balance', {}, 'call_0'))
    await generate(bank, { model: scriptedModel([same, same, 'Done.']), tools })
    expect(balance).toHaveBeenCalledTimes(2)
  })

  test('AI-59 a model that gives every call the same id is asked about each', async () => {
    const { tools, pay } = createBank()
    const steps = (sum: number) => [calls(call('pay', { sum }, 'call_0'))]
    const first = await suspend(tools, {}, steps(5))
    const second = await suspend(tools, { messages: approve(first.messages, first.request) }, steps(6))
    const denied = deny(second.messages, second.request, 'enough')
    const third = await suspend(tools, { messages: denied }, steps(7))
    await resume(tools, approve(stored(third.messages), third.request))
    expect(pay.mock.calls.map(([{ sum }]) => sum)).toEqual([5, 7])
  })

  test('AI-56 AIT-76 survives JSON between asking and resuming', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = stored(await suspend(tools))
    await resume(tools, stored(approve(messages, request)))
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-59 AIT-76 of a tool whose schema transforms its input: the body gets what was approved', async () => {
    const execute = mock(async ({ sum }: { sum: number }) => `paid ${sum}`)
    const inputSchema = z.object({ sum: z.string().transform(Number) })
    const tools = { pay: tool({ inputSchema, needsApproval: true, execute }) }
    const result = await generate(bank, { model: scriptedModel([calls(call('pay', { sum: '5' }))]), tools })
    const [request] = result.pendingApprovals ?? []
    expect(request?.input).toEqual({ sum: 5 })
    await resume(tools, stored(approve(result.messages, request as PendingApproval)))
    expect(execute).toHaveBeenCalledExactlyOnceWith({ sum: 5 }, expect.anything())
  })

  test('AI-59 AIT-72 one of two decided: suspended again, nobody called, nothing used up; then each runs once', async () => {
    const { tools, pay } = createBank()
    const approval = createApproval()
    const { a, b, messages } = await suspendBoth(tools, { approval })

    const half = approve(messages, a)
    const model = scriptedModel(['never'])
    const waiting = await generate(bank, { model, tools, approval, messages: half })
    const { approvalToken: _, expiresAt: __, ...untold } = b
    expect(waiting).toMatchObject({
      text: '',
      messages: half,
      steps: [],
      _meta: { finishReason: 'tool_approval_required' },
    })
    expect(waiting.pendingApprovals).toEqual([untold])
    expect(model.calls).toHaveLength(0)
    expect(approval.store.consume).not.toHaveBeenCalled()
    expect(pay).not.toHaveBeenCalled()

    const done = scriptedModel(['Both paid.'])
    await generate(bank, { model: done, tools, approval, messages: approve(waiting.messages, b) })
    expect(pay.mock.calls.map(([{ sum }]) => sum).toSorted((a, b) => a - b)).toEqual([1, 2])
    expect(approval.store.consume.mock.calls.map(([id]) => id)).toEqual([a.approvalId, b.approvalId])
    expect(told(done)).toContain('paid 2')
  })

  test('AI-59 AI-101 AIT-13 a chat that goes on over an open request is refused, approved or not', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const model = scriptedModel(['never'])
    const goneOn: ModelMessage[] = [...messages, { role: 'user', content: 'Hello?' }]
    for (const sent of [goneOn, approve(goneOn, request)]) {
      await expect(generate(bank, { model, tools, messages: sent })).rejects.toMatchObject({
        code: 'usage',
        message: `generate(): messages continue after open approval "${request.approvalId}"; answer it first, deny to skip`,
      })
    }
    expect(model.calls).toHaveLength(0)
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-59 an approved call cannot run: nothing is used up, and with its tool it still can', async () => {
    const { tools, pay } = createBank()
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval })
    const approved = approve(messages, request)
    const without = { ...tools.pay, execute: undefined }
    const wrongs: readonly ToolSet[] = [{ balance: tools.balance }, { pay: without }]
    for (const wrong of wrongs) {
      const model = scriptedModel(['never'])
      const running = resume(wrong, approved, { model, approval })
      await expect(running).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('tools has no "pay" with an execute'),
      })
      expect(model.calls).toHaveLength(0)
    }
    expect(approval.store.consume).not.toHaveBeenCalled()
    await resume(tools, approved, { approval })
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-59 beside a client call without a result nothing is used up; with the result it goes on', async () => {
    const { tools: own, pay } = createBank()
    const tools = { ...own, confirm: tool({ inputSchema: z.object({}), outputSchema: z.string() }) }
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval }, [
      calls(call('pay', { sum: 5 }), call('confirm', {}, 'client')),
    ])
    const approved = approve(messages, request)
    await expect(resume(tools, approved, { approval })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('"client" of tool "confirm"'),
    })
    expect(approval.store.consume).not.toHaveBeenCalled()

    const result = { type: 'tool-result' as const, toolCallId: 'client', toolName: 'confirm' }
    const answered: ModelMessage[] = [
      ...messages,
      { role: 'tool', content: [{ ...result, output: { type: 'text', value: 'yes' } }] },
    ]
    const model = scriptedModel(['Paid.'])
    await generate(bank, { model, tools, approval, messages: approve(answered, request) })
    expect(pay).toHaveBeenCalledOnce()
    expect(told(model)).toContain('yes')
  })
})

describe('AI-64 a denial', () => {
  test('AI-64 AIT-69 needs no token: the tool does not run, and the model is told why', async () => {
    const { tools, pay } = createBank()
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval })
    const model = scriptedModel(['As you wish.'])
    const result = await generate(bank, {
      model,
      tools,
      approval,
      messages: deny(messages, request, 'too dear'),
    })
    expect(pay).not.toHaveBeenCalled()
    expect(approval.store.consume).not.toHaveBeenCalled()
    expect(told(model)).toContain('execution-denied')
    expect(told(model)).toContain('too dear')
    expect(result.text).toBe('As you wish.')
  })

  test('AI-59 AIT-69 overrides an approval, whichever came first', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const other = await suspend(tools)
    for (const sent of [
      deny(approve(messages, request), request, 'no'),
      approve(deny(other.messages, other.request, 'no'), other.request),
    ]) {
      const model = scriptedModel(['As you wish.'])
      await generate(bank, { model, tools, messages: sent })
      expect(told(model)).toContain('execution-denied')
    }
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-59 AIT-69 anything but true is a denial', async () => {
    const { tools, pay } = createBank()
    for (const approved of ['true', 'false', 1, {}, null, undefined]) {
      const { request, messages } = await suspend(tools)
      const answered = approve(messages, request)
      Reflect.set(Reflect.get(answered.at(-1) ?? {}, 'content')[0], 'approved', approved)
      const model = scriptedModel(['As you wish.'])
      await generate(bank, { model, tools, messages: answered })
      expect(told(model)).toContain('execution-denied')
    }
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-59 lets a chat go on over the request: the result stands behind the call', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools, {}, [
      calls(call('pay', { sum: 5 }, 'p'), call('balance', {}, 'b')),
    ])
    const goneOn = deny([...messages, { role: 'user', content: 'Hello?' }], request, 'moved on')
    const model = scriptedModel(['Hello.'])
    const result = await generate(bank, { model, tools, messages: goneOn })
    expect(pay).not.toHaveBeenCalled()
    expect(result.messages.slice(0, -1)).toEqual([
      ...messages.slice(0, -1),
      {
        role: 'tool',
        content: [
          expect.objectContaining({ toolCallId: 'b' }),
          {
            type: 'tool-result',
            toolCallId: 'p',
            toolName: 'pay',
            output: { type: 'execution-denied', reason: 'moved on' },
          },
        ],
      },
      { role: 'user', content: 'Hello?' },
    ])
    expect(
      await generate(bank, { model: scriptedModel(['Yes.']), tools, messages: result.messages }),
    ).toMatchObject({
      text: 'Yes.',
    })
  })

  test('AI-59 what the chat has passed over is denied beside a call of the last turn that is approved', async () => {
    const { tools, pay } = createBank()
    const first = await suspend(tools)
    const second = await suspend(tools, {}, [calls(call('pay', { sum: 6 }, 'second'))])
    const model = scriptedModel(['Paid.'])
    const both = [...first.messages, ...second.messages]
    const messages = approve(deny(both, first.request, 'moved on'), second.request)
    await generate(bank, { model, tools, messages })
    expect(pay.mock.calls.map(([{ sum }]) => sum)).toEqual([6])
    expect(told(model)).toContain('moved on')
    expect(told(model)).toContain('paid 6')
  })

  test('AI-59 beside an approved call, each gets what was decided for it', async () => {
    const { tools, pay } = createBank()
    const { a, b, messages } = await suspendBoth(tools)
    const model = scriptedModel(['Half paid.'])
    await generate(bank, { model, tools, messages: deny(approve(messages, b), a, 'not this one') })
    expect(pay.mock.calls.map(([{ sum }]) => sum)).toEqual([2])
    expect(told(model)).toContain('not this one')
  })
})

describe('AI-53 what needs an approval', () => {
  const search = () => {
    const execute = mock(async () => 'found')
    return { execute, tools: { search: tool({ inputSchema: z.object({ q: z.string() }), execute }) } }
  }
  const script = () => scriptedModel([calls(call('search', { q: 'x' })), 'done'])

  test.each([
    ['a status in a map', { toolApproval: { search: 'user-approval' as const } }],
    [
      'a function in a map',
      { toolApproval: { search: async (): Promise<'user-approval'> => 'user-approval' } },
    ],
    ['a function for all', { toolApproval: () => ({ type: 'user-approval' as const, reason: 'always' }) }],
    [
      'a middleware, though the map says nothing',
      {
        toolApproval: { search: undefined },
        toolMiddleware: approvalMiddleware({ id: 'g', match: [/^sea/] }),
      },
    ],
    [
      'a middleware, though a function gives undefined',
      {
        toolApproval: { search: (): undefined => {} },
        toolMiddleware: [approvalMiddleware({ id: 'g', match: ['search'] })],
      },
    ],
    [
      'a middleware, though the function for all gives undefined',
      {
        toolApproval: (): undefined => {},
        toolMiddleware: approvalMiddleware({ id: 'g', match: [() => true] }),
      },
    ],
  ])('AI-53 AIT-78 %s gates', async (_name, options) => {
    const { tools, execute } = search()
    const result = await generate(bank, { model: script(), tools, ...options })
    expect(result.pendingApprovals).toHaveLength(1)
    expect(execute).not.toHaveBeenCalled()
  })

  test.each([
    ['needsApproval', { toolApproval: (): undefined => {} }],
    ['needsApproval, though the map has no own entry', { toolApproval: Object.create({ pay: 'approved' }) }],
  ])('AI-53 AI-88 AIT-78 %s gates', async (_name, options) => {
    const { tools, pay } = createBank()
    await suspend(tools, options)
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-53 a middleware that gates is asked by the gate, and not again when the tool runs', async () => {
    const { tools, execute } = search()
    const matches = vi.fn<() => boolean>(() => true)
    const toolMiddleware = approvalMiddleware({ id: 'g', match: [matches] })
    const { messages, pendingApprovals } = await generate(bank, { model: script(), tools, toolMiddleware })
    expect(matches).toHaveBeenCalledOnce()
    await resume(tools, approve(messages, pendingApprovals?.[0] as PendingApproval), { toolMiddleware })
    expect(matches).toHaveBeenCalledTimes(2)
    expect(execute).toHaveBeenCalledOnce()
  })

  test('AI-53 a call that the provider runs is never gated', async () => {
    const { tools, pay } = createBank()
    const model = scriptedModel(['Searched.'])
    const own = { type: 'tool-call', toolCallId: 'own', toolName: 'pay', input: '{"sum":5}' } as const
    const calling: ScriptedModel = {
      ...model,
      doGenerate: async (options) => {
        const answer = await model.doGenerate(options)
        return { ...answer, content: [{ ...own, providerExecuted: true }, ...answer.content] }
      },
    }
    const result = await generate(bank, { model: calling, tools, toolApproval: () => 'user-approval' })
    expect(result).toMatchObject({ text: 'Searched.', _meta: { finishReason: 'stop' } })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-53 AIT-78 needsApproval as a function sees the input and decides', async () => {
    const execute = mock(async () => 'paid')
    const needsApproval = mock(async ({ sum }: { sum: number }) => sum > 10)
    const tools = { pay: tool({ inputSchema: z.object({ sum: z.number() }), needsApproval, execute }) }
    const model = scriptedModel([calls(call('pay', { sum: 1 })), calls(call('pay', { sum: 20 }, 'large'))])
    const { request } = await suspend(tools as never, { model })
    expect(request.toolCallId).toBe('large')
    expect(execute).toHaveBeenCalledOnce()
    expect(needsApproval).toHaveBeenLastCalledWith(
      { sum: 20 },
      expect.objectContaining({ toolCallId: 'large', messages: expect.any(Array) }),
    )
  })

  test('AI-53 the call decides over middleware and tool: it can open the gate', async () => {
    const { tools, pay } = createBank()
    const toolMiddleware = approvalMiddleware({ id: 'g', match: ['pay'] })
    for (const status of ['not-applicable', 'approved'] as const) {
      const result = await generate(bank, {
        model: scriptedModel([calls(call('pay', { sum: 1 })), 'done']),
        tools,
        toolMiddleware,
        toolApproval: { pay: status },
      })
      expect(result.text).toBe('done')
    }
    expect(pay).toHaveBeenCalledTimes(2)
  })

  test('AI-54 AIT-78 what is decided by itself is not pending, approved or denied', async () => {
    const { tools, pay } = createBank()
    const model = scriptedModel([calls(call('pay', { sum: 1 })), 'not paid'])
    const result = await generate(bank, {
      model,
      tools,
      toolApproval: { pay: { type: 'denied', reason: 'night' } },
    })
    expect(result).toMatchObject({ text: 'not paid' })
    expect(result.pendingApprovals).toBeUndefined()
    expect(told(model, 1)).toContain('night')
    expect(pay).not.toHaveBeenCalled()
    expect(
      await generate(bank, { model: scriptedModel(['ok']), tools, messages: result.messages }),
    ).toMatchObject({
      text: 'ok',
    })
  })

  test('AI-53 a tool that does not run here is never gated', async () => {
    const tools = {
      confirm: tool({ inputSchema: z.object({}), outputSchema: z.string(), needsApproval: true }),
    }
    const result = await generate(bank, {
      model: scriptedModel([calls(call('confirm'))]),
      tools,
      toolApproval: () => 'user-approval',
      toolMiddleware: approvalMiddleware({ id: 'g', match: ['confirm'] }),
    })
    expect(result.pendingApprovals).toBeUndefined()
    expect(findToolApprovalRequests(result.messages)).toEqual([])
  })

  test('AI-53 the call may still deny on resume', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const model = scriptedModel(['Not any more.'])
    await generate(bank, {
      model,
      tools,
      toolApproval: { pay: 'denied' },
      messages: approve(messages, request),
    })
    expect(pay).not.toHaveBeenCalled()
    expect(told(model)).toContain('execution-denied')
  })

  test.each([
    [
      'a policy that throws',
      { toolApproval: (): Promise<undefined> => Promise.reject(new Error('no policy')) },
    ],
    [
      'a policy for the tool that throws',
      { toolApproval: { search: (): Promise<undefined> => Promise.reject(new Error('no policy')) } },
    ],
    [
      'a matcher that throws',
      {
        toolMiddleware: approvalMiddleware({
          id: 'g',
          match: [() => Promise.reject(new Error('no policy'))],
        }),
      },
    ],
  ])('AI-53 %s fails the call, and the tool does not run', async (_name, options) => {
    const { tools, execute } = search()
    await expect(generate(bank, { model: script(), tools, ...options })).rejects.toThrow('no policy')
    expect(execute).not.toHaveBeenCalled()
  })

  test.each([null, true, 'yes', { type: 'yes' }, {}, 7])(
    'AI-53 a status that nobody knows (%o) fails the call: the SDK would let it run',
    async (status) => {
      const { tools, execute } = search()
      const wrong = status as never
      const asMap = () => generate(bank, { model: script(), tools, toolApproval: { search: wrong } })
      const asFunction = () => generate(bank, { model: script(), tools, toolApproval: () => wrong })
      await expect(asMap()).rejects.toMatchObject({ code: 'usage' })
      await expect(asFunction()).rejects.toMatchObject({ code: 'usage' })
      expect(execute).not.toHaveBeenCalled()
    },
  )
})

describe('AI-54 who is told', () => {
  test('AI-54 AI-64 AIT-78 of a request once, of the decision once, and of nothing in between', async () => {
    const { tools } = createBank()
    const told: [string, unknown][] = []
    const watch = (id: string, match: readonly string[]) =>
      approvalMiddleware({
        id,
        match,
        onRequest: (request) => void told.push([`${id} request`, request]),
        onApproved: (decision) => void told.push([`${id} approved`, decision]),
        onDenied: (decision) => void told.push([`${id} denied`, decision]),
      })
    const own = prompt({ prompt: 'Pay.', toolMiddleware: [watch('prompt', ['pay'])] })
    const options = { tools, toolMiddleware: [watch('call', ['pay']), watch('other', ['balance'])] }
    const both = calls(call('pay', { sum: 1 }, 'a'), call('pay', { sum: 2 }, 'b'))
    const first = await generate(own, { model: scriptedModel([both]), ...options })
    const [a, b] = first.pendingApprovals ?? []
    if (!a || !b) throw new Error('expected two requests')
    expect(told.map(([name]) => name)).toEqual([
      'prompt request',
      'call request',
      'prompt request',
      'call request',
    ])
    // Whoever is told cannot approve: tokens are in pendingApprovals only.
    const { approvalToken: _, ...request } = a
    expect(told[0]?.[1]).toEqual(request)

    told.length = 0
    const half = deny(first.messages, a, 'no')
    await generate(own, { model: scriptedModel([]), ...options, messages: half })
    expect(told).toEqual([])

    await generate(own, { model: scriptedModel(['ok']), ...options, messages: approve(half, b) })
    const decided = ({ approvalId, toolCallId, toolName, input }: PendingApproval) => ({
      approvalId,
      toolCallId,
      toolName,
      input,
    })
    expect(told).toEqual([
      ['prompt denied', { ...decided(a), reason: 'no' }],
      ['call denied', { ...decided(a), reason: 'no' }],
      ['prompt approved', decided(b)],
      ['call approved', decided(b)],
    ])
  })

  test('AI-54 AIT-78 also of a call that something else gates, and with the messages the gate saw', async () => {
    const { tools } = createBank()
    const onRequest = vi.fn<() => void>()
    const onApproved = vi.fn<() => void>()
    const seen = mock((_messages: number) => true)
    const toolMiddleware = approvalMiddleware({
      id: 'g',
      match: [({ messages }) => seen(messages.length)],
      onRequest,
      onApproved,
    })
    const options = { toolMiddleware, toolApproval: { pay: 'user-approval' as const } }
    const { request, messages } = await suspend(tools, options)
    expect(onRequest).toHaveBeenCalledOnce()
    expect(seen).toHaveBeenCalledExactlyOnceWith(1)
    await resume(tools, approve(messages, request), options)
    expect(onApproved).toHaveBeenCalledOnce()
    expect(seen.mock.calls).toEqual([[1], [1]])
  })

  test('AI-64 an onApproved that throws ends the call, and the tool does not run', async () => {
    const { tools, pay } = createBank()
    const toolMiddleware = approvalMiddleware({
      id: 'audit',
      match: ['pay'],
      onApproved: () => Promise.reject(new Error('audit is down')),
    })
    const { request, messages } = await suspend(tools, { toolMiddleware })
    const model = scriptedModel(['never'])
    const resuming = generate(bank, { model, tools, toolMiddleware, messages: approve(messages, request) })
    await expect(resuming).rejects.toThrow('audit is down')
    expect(pay).not.toHaveBeenCalled()
    expect(model.calls).toHaveLength(0)
  })
})
