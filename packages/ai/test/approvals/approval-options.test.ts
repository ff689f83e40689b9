import { createCruxAi, generate } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { memoryApprovalStore, type PendingApproval } from '@crux/core/tool-middleware'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { approve, bank, call, calls, createApproval, createBank, resume, suspend } from './approvals-kit.ts'

afterEach(() => void vi.useRealTimers())

describe('AI-57 AIT-75 processes', () => {
  test('AI-57 AIT-75 two instances with one secret and one store approve for each other, once', async () => {
    const { tools, pay } = createBank()
    const { secret, store } = createApproval()
    const [one, two] = [
      createCruxAi({ approval: { secret, store } }),
      createCruxAi({ approval: { secret, store } }),
    ]
    const asked = await one.generate(bank, { model: scriptedModel([calls(call('pay', { sum: 5 }))]), tools })
    const messages = approve(asked.messages, asked.pendingApprovals?.[0] as PendingApproval)
    await two.generate(bank, { model: scriptedModel(['Paid.']), tools, messages })
    await expect(
      one.generate(bank, { model: scriptedModel(['never']), tools, messages }),
    ).rejects.toMatchObject({ code: 'consumed' })
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-57 AIT-75 without a secret another process refuses, and says why', async () => {
    const { tools } = createBank()
    const { request, messages } = await suspend(tools)
    const script = fileURLToPath(new URL('resume-process.ts', import.meta.url))
    const other = spawn(process.execPath, ['--conditions=@crux/source', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    other.stdin.end(JSON.stringify(approve(messages, request)))
    expect(JSON.parse(await text(other.stdout))).toEqual({
      code: 'bad-signature',
      message: expect.stringContaining('no approval.secret: approvals work only in the process that asked'),
      runs: 0,
    })
  })

  test('AI-57 the key of a process cannot be replaced or listed', async () => {
    const { tools } = createBank()
    await suspend(tools)
    const slot = Object.getOwnPropertyDescriptor(globalThis, Symbol.for('crux.approvals'))
    expect(slot).toMatchObject({ writable: false, configurable: false, enumerable: false })
  })

  test('AI-57 AIT-75 an old secret in the list still verifies; the first one signs', async () => {
    const { tools, pay } = createBank()
    const { store } = createApproval()
    const [old, young] = ['the old secret of thirty-two bytes!!', new Uint8Array(32).fill(3)]
    const before = await suspend(tools, { approval: { secret: old, store } })
    const rotated = { secret: [young, old], store }
    const after = await suspend(tools, { approval: rotated }, [calls(call('pay', { sum: 6 }, 'after'))])
    const send = ({ messages, request }: typeof before, secret: typeof rotated.secret) =>
      resume(tools, approve(messages, request), { approval: { secret, store } })
    await expect(send(before, [young])).rejects.toMatchObject({ code: 'bad-signature' })
    await expect(send(after, [old])).rejects.toMatchObject({ code: 'bad-signature' })
    await send(before, [young, old])
    await send(after, [young])
    expect(pay.mock.calls.map(([{ sum }]) => sum)).toEqual([5, 6])
  })

  test('AI-57 bytes of a secret that are cleared during the call are not those that signed', async () => {
    const { tools, pay } = createBank()
    const { store } = createApproval()
    const secret = new Uint8Array(32).fill(3)
    const approval = { secret: secret.slice(), store }
    const toolApproval = () => (secret.fill(0), 'user-approval' as const)
    const { request, messages } = await suspend(tools, { toolApproval, approval: { secret, store } })
    await resume(tools, approve(messages, request), { approval })
    expect(pay).toHaveBeenCalledOnce()
  })

  test('AI-57 options of the call win over those of the instance, key by key; undefined wins nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { tools } = createBank()
    const { secret, store } = createApproval()
    const instance = createCruxAi({ approval: { secret, store, ttlMs: 5000 } })
    const ask = async (approval?: object) => {
      const result = await instance.generate(bank, {
        model: scriptedModel([calls(call('pay', { sum: 5 }))]),
        tools,
        ...(approval && { approval }),
      })
      return (result.pendingApprovals?.[0]?.expiresAt ?? 0) - Date.now()
    }
    expect(await ask()).toBe(5000)
    expect(await ask({ ttlMs: undefined, secret: undefined })).toBe(5000)
    expect(await ask({ ttlMs: 9000 })).toBe(9000)
  })
})

describe('AI-101 AIT-13 approval options that cannot work', () => {
  const store = memoryApprovalStore()
  test.each<[approval: object, message: string]>([
    [{ secret: 'twelve bytes', store }, 'approval.secret must have at least 32 bytes, got 12'],
    [{ secret: new Uint8Array(31), store }, 'approval.secret must have at least 32 bytes, got 31'],
    [{ secret: ['x'.repeat(32), 'short'], store }, 'approval.secret must have at least 32 bytes, got 5'],
    [
      { secret: 'ü'.repeat(16) },
      'approval.secret needs approval.store; use memoryApprovalStore() for a single process',
    ],
    [
      { secret: [], store },
      'approval.secret must be text or bytes, at least 32, or a list of them, got undefined',
    ],
    [{ secret: 7, store }, 'approval.secret must be text or bytes, at least 32, or a list of them, got 7'],
    [
      { secret: null, store },
      'approval.secret must be text or bytes, at least 32, or a list of them, got null',
    ],
    [
      { secret: new Uint8Array(64), store },
      'approval.secret must not be all zeros; pass it before its bytes are cleared',
    ],
    [{ ttlMs: 0 }, 'approval.ttlMs must be an integer >= 1, got 0'],
    [{ ttlMs: 1.5 }, 'approval.ttlMs must be an integer >= 1, got 1.5'],
    [{ ttlMs: null }, 'approval.ttlMs must be an integer >= 1, got null'],
    [{ store: {} }, 'approval.store must have consume(), got object'],
    [{ store: null }, 'approval.store must have consume(), got null'],
    [{ audience: 7 }, 'approval.audience must be a string, got 7'],
  ])('AI-101 AIT-13 %o', async (approval, message) => {
    const { tools } = createBank()
    const model = scriptedModel(['never'])
    const calling = generate(bank, { model, tools, approval: approval })
    await expect(calling).rejects.toMatchObject({ code: 'usage', message: `generate(): ${message}` })
    expect(model.calls).toHaveLength(0)
  })

  test.each([
    [7, 'toolApproval must be a function, or statuses and functions by tool name, got 7'],
    [['pay'], 'toolApproval must be a function, or statuses and functions by tool name, got array'],
    [
      { pay: 'yes' },
      `toolApproval of tool "pay" must be 'user-approval', 'approved', 'denied', 'not-applicable' or undefined, got string`,
    ],
  ])('AI-101 AIT-13 toolApproval %o', async (toolApproval, message) => {
    const model = scriptedModel(['never'])
    const calling = generate(bank, { model, tools: createBank().tools, toolApproval: toolApproval as never })
    await expect(calling).rejects.toMatchObject({ code: 'usage', message: `generate(): ${message}` })
    expect(model.calls).toHaveLength(0)
  })
})
