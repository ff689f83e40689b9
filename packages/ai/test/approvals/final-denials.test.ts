import { generate } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { appendToolApprovalResponse, type PendingApproval } from '@crux/core/tool-middleware'
import type { ModelMessage } from 'ai'
import { afterEach, describe, expect, test, vi } from 'vitest'
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
} from './approvals-kit.ts'

afterEach(() => void vi.useRealTimers())

describe('AI-64 AIT-69 a denial that has the token', () => {
  const denied = (messages: readonly ModelMessage[], { approvalId, approvalToken }: PendingApproval) =>
    appendToolApprovalResponse(messages, { approvalId, approved: false, reason: 'no', approvalToken })

  test('AI-64 AIT-69 uses it up: nobody can approve with it any more, nor deny', async () => {
    const { tools, pay } = createBank()
    const approval = createApproval()
    const { request, messages } = await suspend(tools, { approval })
    const model = scriptedModel(['As you wish.'])
    await generate(bank, { model, tools, approval, messages: denied(messages, request) })
    expect(told(model)).toContain('execution-denied')
    expect(JSON.stringify(model.calls)).not.toContain(request.approvalToken)
    expect(approval.store.consume).toHaveBeenCalledExactlyOnceWith(request.approvalId, request.expiresAt)
    for (const late of [approve(messages, request), denied(messages, request)]) {
      await expect(resume(tools, late, { approval })).rejects.toMatchObject({
        code: 'consumed',
        approvalId: request.approvalId,
        message: expect.stringContaining('deny it without its token'),
      })
    }
    await resume(tools, deny(messages, request), { approval })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-64 AIT-69 comes too late where the tool has run', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    await resume(tools, approve(messages, request))
    await expect(resume(tools, denied(messages, request))).rejects.toMatchObject({ code: 'consumed' })
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-63 AI-64 AIT-71 of ten approvals and ten denials at once one counts', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        resume(tools, (n % 2 === 0 ? denied : approve)(stored(messages), request)),
      ),
    )
    const codes = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(codes).toEqual(Array.from({ length: 19 }, () => 'consumed'))
    const won = outcomes.findIndex(({ status }) => status === 'fulfilled')
    expect(pay).toHaveBeenCalledTimes(won % 2)
  })

  test('AI-59 AI-64 AIT-69 also uses up the token of an approval that it overrides', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const approved = approve(messages, request)
    await resume(tools, deny(approved, request))
    await expect(resume(tools, approved)).rejects.toMatchObject({ code: 'consumed' })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-59 AI-64 uses it up where the chat has gone on, too', async () => {
    const { tools, pay } = createBank()
    const { request, messages } = await suspend(tools)
    const goneOn: ModelMessage[] = [...messages, { role: 'user', content: 'Hello?' }]
    await resume(tools, denied(goneOn, request))
    await expect(resume(tools, approve(messages, request))).rejects.toMatchObject({ code: 'consumed' })
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-59 AI-64 AIT-72 uses nothing up while another request is undecided', async () => {
    const { tools } = createBank()
    const approval = createApproval()
    const { a, b, messages } = await suspendBoth(tools, { approval })
    const half = await resume(tools, denied(messages, a), { approval })
    expect(half.pendingApprovals).toMatchObject([{ approvalId: b.approvalId }])
    expect(approval.store.consume).not.toHaveBeenCalled()
    await resume(tools, denied(half.messages, b), { approval })
    expect(approval.store.consume.mock.calls.map(([id]) => id)).toEqual([a.approvalId, b.approvalId])
  })

  test('AI-63 AI-64 AIT-70 counts whatever else comes in the place of the token, and uses nothing up', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { tools, pay } = createBank()
    const approval = { ...createApproval(), ttlMs: 1000 }
    const other = await suspend(tools, { approval }, [calls(call('pay', { sum: 7 }, 'other'))])
    const foreign = await suspend(tools)
    for (const wrong of ['', 'yes', 7, {}, other.request.approvalToken, foreign.request.approvalToken]) {
      const { request, messages } = await suspend(tools, { approval })
      const approvalToken = wrong as never
      const model = scriptedModel(['As you wish.'])
      await generate(bank, {
        model,
        tools,
        approval,
        messages: denied(messages, { ...request, approvalToken }),
      })
      expect(told(model)).toContain('execution-denied')
    }
    const late = await suspend(tools, { approval })
    vi.advanceTimersByTime(1000)
    await resume(tools, denied(late.messages, late.request), { approval })
    expect(approval.store.consume).not.toHaveBeenCalled()
    expect(pay).not.toHaveBeenCalled()
  })

  test('AI-64 fails with its store, and can then be given without the token', async () => {
    const { tools } = createBank()
    const down = new Error('store is down')
    const approval = { ...createApproval(), store: { consume: () => Promise.reject(down) } }
    const { request, messages } = await suspend(tools, { approval })
    await expect(resume(tools, denied(messages, request), { approval })).rejects.toBe(down)
    expect(await resume(tools, deny(messages, request), { approval })).toMatchObject({ text: 'Done.' })
  })
})
