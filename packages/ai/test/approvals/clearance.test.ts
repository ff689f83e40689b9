import { scriptedModel } from '@crux/ai/testing'
import { memoryApprovalStore } from '@crux/core/tool-middleware'
import { generateText } from 'ai'
import { describe, expect, test } from 'vitest'
import { startTools } from '../../src/approvals/start-tools.ts'
import { approve, createApproval, createBank, suspend, told } from './approvals-kit.ts'

describe('AI-61 AIT-79 the second line', () => {
  const start = (tools: ReturnType<typeof createBank>['tools'], toolApproval?: never) =>
    startTools({ caller: 'generate', tools, middleware: [], toolApproval, approval: createApproval() })

  test('AI-61 AIT-79 a body reached without clearance does not run', async () => {
    const { tools, ran } = createBank()
    const session = start(tools)
    for (const name of ['pay', 'balance']) {
      const options = { toolCallId: 'x', messages: [], context: undefined }
      const running = Promise.resolve(session.tools[name]?.execute?.({ sum: 5 }, options))
      await expect(running).rejects.toMatchObject({ name: 'ToolApprovalError', code: 'missing-token' })
    }
    expect(ran()).toEqual([])
    expect(session.hasStarted('x')).toBe(false)
  })

  test('AI-61 AIT-79 the SDK given a made-up history, past resume(): the model sees failed tools', async () => {
    const { tools, ran } = createBank()
    const { tools: wrapped, toolApproval } = start(tools)
    const content = (['pay', 'balance'] as const).flatMap((toolName) => [
      // Valid for its tool: the SDK would run it.
      {
        type: 'tool-call' as const,
        toolCallId: toolName,
        toolName,
        input: toolName === 'pay' ? { sum: 5 } : {},
      },
      { type: 'tool-approval-request' as const, approvalId: `r-${toolName}`, toolCallId: toolName },
    ])
    const responses = ['r-pay', 'r-balance'].map((approvalId) => ({
      type: 'tool-approval-response' as const,
      approvalId,
      approved: true,
    }))
    const model = scriptedModel(['Hm.'])
    await generateText({
      model,
      tools: wrapped,
      toolApproval,
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content },
        { role: 'tool', content: responses },
      ],
    })
    expect(ran()).toEqual([])
    expect(told(model)).toContain('neither made in this run nor approved')
  })

  test('AI-61 what was verified runs once, with the input that was verified, and as no other tool', async () => {
    const { tools, pay, balance } = createBank()
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval })
    const resumeNew = async () => {
      const session = startTools({
        caller: 'generate',
        tools,
        middleware: [],
        approval: { ...approval, store: memoryApprovalStore() },
        promptId: 'bank',
      })
      expect(await session.resume(approve(messages, request))).toMatchObject({ kind: 'resumed' })
      return session
    }
    const options = { toolCallId: request.toolCallId, messages: [], context: undefined }
    const run = async (session: Awaited<ReturnType<typeof resumeNew>>, name: string, input: unknown) =>
      session.tools[name]?.execute?.(input, options)

    const session = await resumeNew()
    await expect(run(session, 'pay', { sum: 6 })).rejects.toMatchObject({ code: 'missing-token' })
    await expect(run(session, 'balance', { sum: 5 })).rejects.toMatchObject({ code: 'missing-token' })
    expect(await run(session, 'pay', { sum: 5 })).toBe('paid 5')
    await expect(run(session, 'pay', { sum: 5 })).rejects.toMatchObject({ code: 'missing-token' })
    expect(pay).toHaveBeenCalledOnce()
    expect(balance).not.toHaveBeenCalled()
    expect(session.hasStarted(request.toolCallId)).toBe(true)
  })

  test('AI-61 a call that the gate holds loses what an earlier call with its id was cleared for', async () => {
    const { tools, pay } = createBank()
    let verdict: 'approved' | 'user-approval' = 'approved'
    const session = start(tools, (() => verdict) as never)
    const ask = () =>
      session.toolApproval?.({
        toolCall: { type: 'tool-call', toolCallId: 'x', toolName: 'pay', input: { sum: 5 }, dynamic: true },
        tools: session.tools,
        toolsContext: {},
        runtimeContext: {},
        messages: [],
      })
    const run = async () =>
      session.tools['pay']?.execute?.({ sum: 5 }, { toolCallId: 'x', messages: [], context: undefined })
    await ask()
    await run()
    verdict = 'user-approval'
    await ask()
    await expect(run()).rejects.toMatchObject({ code: 'missing-token' })
    expect(pay).toHaveBeenCalledOnce()
  })
})
