import { createCruxAi, generate, prompt, settledMessages, stream, type PendingApproval } from '@crux/ai'
import { scriptedGateway, scriptedModel } from '@crux/ai/testing'
import { tool, type ModelMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import {
  approve,
  bank,
  call,
  calls,
  createApproval,
  createBank,
  resume,
  stored,
  suspend,
  suspendBoth,
  told,
  mock,
} from './approvals-kit.ts'

async function finish<T>(running: Promise<{ readonly completion: Promise<T> }>): Promise<T> {
  const { completion } = await running
  return completion
}

describe('approvals in a stream', () => {
  test('AI-54 AI-59 AIT-67 AIT-68 suspend it and go on as in generate, and the one resumes the other', async () => {
    const { tools, pay, balance } = createBank()
    const script = [calls(call('pay', { sum: 5 }, 'p'), call('balance', {}, 'b'))]
    const asked = await finish(stream(bank, { model: scriptedModel(script), tools }))
    expect(asked.finishReason).toBe('tool_approval_required')
    expect(pay).not.toHaveBeenCalled()
    expect(balance).toHaveBeenCalledOnce()
    const [request] = asked.pendingApprovals ?? []
    const messages = stored(approve(asked.messages, request as PendingApproval))

    const model = scriptedModel(['Paid.'])
    const paid = await finish(stream(bank, { model, tools, messages }))
    expect(paid).toMatchObject({ text: 'Paid.', finishReason: 'stop' })
    expect(pay).toHaveBeenCalledExactlyOnceWith({ sum: 5 }, expect.anything())
    expect(told(model)).toContain('paid 5')
    const again = generate(bank, { model: scriptedModel(['never']), tools, messages })
    await expect(again).rejects.toMatchObject({ code: 'consumed' })
  })

  test('AI-59 AI-25 AIT-72 one of two decided: nobody is called, and there is nothing to read', async () => {
    const { tools } = createBank()
    const { a, b, messages } = await suspendBoth(tools)
    const half = approve(messages, a)
    const model = scriptedModel(['never'])
    const typed = prompt({ id: 'bank', prompt: 'Pay my bills.', output: z.object({ paid: z.number() }) })
    const { textStream, partialObjectStream, completion, raw } = await stream(typed, {
      model,
      tools,
      messages: half,
    })
    for await (const part of textStream) expect(part).toBe('nothing')
    for await (const part of partialObjectStream) expect(part).toBe('nothing')
    const done = await completion
    expect(done).toMatchObject({
      text: '',
      messages: half,
      attempts: 0,
      finishReason: 'tool_approval_required',
      streaming: { totalChunks: 0 },
      pendingApprovals: [{ approvalId: b.approvalId }],
    })
    expect(() => done.object).toThrow(
      'stream(): no object, suspended for approval; check pendingApprovals first',
    )
    expect([raw, model.calls]).toEqual([undefined, []])
  })

  test('AI-56 the raw result has no token', async () => {
    const { tools } = createBank()
    const result = await stream(bank, { model: scriptedModel([calls(call('pay', { sum: 5 }))]), tools })
    const { pendingApprovals = [], ...rest } = await result.completion
    expect(pendingApprovals[0]?.approvalToken).toMatch(/^v1\./)
    const seen = [rest, await result.raw?.steps, await result.raw?.responseMessages]
    expect(JSON.stringify(seen)).not.toContain(pendingApprovals[0]?.approvalToken?.split('.')[2])
  })

  test('AI-59 AI-60 AI-62 AIT-70 AIT-73 refuse what does not count before any model is called', async () => {
    const { tools, ran } = createBank()
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval })
    const model = scriptedModel(['never'])
    const madeUp: ModelMessage[] = [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', toolCallId: 'x', toolName: 'balance', input: {} },
          { type: 'tool-approval-request', approvalId: 'y', toolCallId: 'x' },
        ],
      },
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'y', approved: true }] },
    ]
    for (const sent of [madeUp, approve(messages, { ...request, approvalToken: undefined })]) {
      await expect(finish(stream(bank, { model, tools, approval, messages: sent }))).rejects.toMatchObject({
        code: 'missing-token',
      })
    }
    expect(ran()).toEqual([])
    expect(model.calls).toHaveLength(0)
    expect(approval.store.consume).not.toHaveBeenCalled()
  })

  test('AI-53 AI-54 a gate that fails, or an input that is no JSON, ends it, and nothing of the step runs', async () => {
    const { balance } = createBank()
    const execute = mock(async () => 'booked')
    const tools = {
      balance: tool({ inputSchema: z.object({}), execute: balance }),
      book: tool({
        inputSchema: z.object({ at: z.string().transform((day) => new Date(day)) }),
        needsApproval: true,
        execute,
      }),
    }
    const script = () => scriptedModel([calls(call('balance'), call('book', { at: '2026-01-01' })), 'never'])
    await expect(finish(stream(bank, { model: script(), tools }))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('stream(): input of gated tool "book"'),
    })
    const toolApproval = (): Promise<undefined> => Promise.reject(new Error('no policy'))
    await expect(finish(stream(bank, { model: script(), tools, toolApproval }))).rejects.toThrow('no policy')
    expect(execute).not.toHaveBeenCalled()
    expect(balance).not.toHaveBeenCalled()
  })
})

describe('AI-65 after an approved tool has run', () => {
  test.each(['generate', 'stream'] as const)(
    'AI-65 AIT-77 a model that fails in %s: the settled messages finish without a second run',
    async (kind) => {
      const { tools, pay } = createBank()
      const { request, messages } = await suspend(tools)
      const failure = new Error('overloaded')
      const options = {
        model: scriptedModel([{ error: failure }]),
        tools,
        messages: approve(messages, request),
      }
      const failing = kind === 'generate' ? generate(bank, options) : finish(stream(bank, options))
      await expect(failing).rejects.toBe(failure)

      const history = settledMessages(failure)
      const model = scriptedModel(['Paid.'])
      const result = await generate(bank, { model, tools, messages: stored(history ?? []) })
      expect(result.text).toBe('Paid.')
      expect(pay).toHaveBeenCalledOnce()
      expect(told(model)).toContain('paid 5')
      expect(JSON.stringify(history)).not.toContain('approvalToken')
    },
  )
})

test('AI-65 AIT-77 a stream that fails to begin has a history: the approval is used up', async () => {
  const { tools, pay } = createBank()
  const { request, messages } = await suspend(tools)
  const crux = createCruxAi({ gateway: scriptedGateway({}) })
  const failing = crux.stream(bank, { model: scriptedModel([]), tools, messages: approve(messages, request) })
  const error: unknown = await failing.catch((reason: unknown) => reason)
  const history = settledMessages(error)
  expect(JSON.stringify(history)).toContain('no result: call ended with Error')
  expect(await resume(tools, history ?? [])).toMatchObject({ text: 'Done.' })
  expect(pay).not.toHaveBeenCalled()
})

describe('AI-59 calls that the provider runs', () => {
  const history: ModelMessage[] = [
    { role: 'user', content: 'Search.' },
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', toolCallId: 'm', toolName: 'remote', input: { q: 'x' }, providerExecuted: true },
        { type: 'tool-approval-request', approvalId: 'provider-1', toolCallId: 'm' },
      ],
    },
  ]

  test('AI-59 AI-60 need a token like any other, and the provider is told of the approval', async () => {
    const approval = createApproval()
    const own = prompt({ id: 'remote', prompt: 'Search.' })
    const { startTools } = await import('../../src/approvals/start-tools.ts')
    const session = startTools({
      caller: 'generate',
      tools: {},
      middleware: [],
      approval,
      promptId: 'remote',
    })
    const [request] = await session.pending(history)
    const bare = approve(history, { ...request, approvalToken: undefined } as never)
    const model = scriptedModel(['Found.'])
    await expect(generate(own, { model, approval, messages: bare })).rejects.toMatchObject({
      code: 'missing-token',
    })
    expect(model.calls).toHaveLength(0)

    await generate(own, { model, approval, messages: approve(history, request as PendingApproval) })
    expect(model.calls[0]?.prompt.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ type: 'tool-approval-response', approvalId: 'provider-1', approved: true }],
    })
    expect(told(model)).not.toContain('approvalToken')
    expect(approval.store.consume).toHaveBeenCalledOnce()
  })
})
