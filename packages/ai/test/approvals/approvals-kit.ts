import { generate, prompt, type AIGenerateOptions } from '@crux/ai'
import { scriptedModel, type ScriptStep } from '@crux/ai/testing'
import { appendToolApprovalResponse, memoryApprovalStore } from '@crux/core/tool-middleware'
import { tool, type ModelMessage, type ToolSet } from 'ai'
import { expect, vi } from 'vitest'
import * as z from 'zod'

/** A mock that keeps the type of what it runs. */
export function mock<Run extends (...given: never[]) => unknown>(run: Run) {
  return vi.fn<Run>(run)
}

/** A bank: `pay` waits for a person, `balance` does not; `ran` has what each body was run with. */
export function createBank() {
  const pay = mock(async ({ sum }: { sum: number }) => `paid ${sum}`)
  const balance = mock(async () => 'balance 100')
  const tools = {
    pay: tool({ inputSchema: z.object({ sum: z.number() }), needsApproval: true, execute: pay }),
    balance: tool({ inputSchema: z.object({}), execute: balance }),
  }
  return { pay, balance, tools, ran: () => [pay, balance].flatMap((body) => body.mock.calls) }
}

/** A prompt of its own for each test: prompts with an id do not share approvals. */
export const bank = prompt({ id: 'bank', prompt: 'Pay my bills.' })

export const call = (name: string, input: unknown = {}, id?: string) => ({
  name,
  input,
  ...(id !== undefined && { id }),
})
export const calls = (...tools: ReturnType<typeof call>[]): ScriptStep => ({ tools })

/** A secret and a store that notes what is used up, as several processes would share them. */
export function createApproval() {
  const memory = memoryApprovalStore()
  const consume = mock(memory.consume)
  return { secret: 'a secret of at least thirty-two bytes', store: { consume } }
}

/** Runs to a suspension: its messages, and its only request. */
export async function suspend(
  tools: ReturnType<typeof createBank>['tools'],
  options: Partial<AIGenerateOptions> = {},
  steps: readonly ScriptStep[] = [calls(call('pay', { sum: 5 }))],
) {
  const result = await generate(bank, { model: scriptedModel(steps), tools, ...options })
  expect(result._meta.finishReason).toBe('tool_approval_required')
  const [request, ...others] = result.pendingApprovals ?? []
  if (request === undefined || others.length > 0) throw new Error('expected one request')
  return { request, messages: result.messages, result }
}

/** Runs to a suspension that waits for two payments, of 1 and of 2. */
export async function suspendBoth(
  tools: ReturnType<typeof createBank>['tools'],
  options: Partial<AIGenerateOptions> = {},
) {
  const both = calls(call('pay', { sum: 1 }, 'a'), call('pay', { sum: 2 }, 'b'))
  const result = await generate(bank, { model: scriptedModel([both]), tools, ...options })
  const [a, b] = result.pendingApprovals ?? []
  if (a === undefined || b === undefined) throw new Error('expected two requests')
  return { a, b, messages: result.messages }
}

/** Sends an answered history to a model that has something to say to it. */
export function resume(
  tools: ToolSet,
  messages: readonly ModelMessage[],
  options: Partial<AIGenerateOptions> = {},
) {
  return generate(bank, { model: scriptedModel(['Done.']), tools, messages, ...options })
}

/** What is said to a request, by someone who may have its token. */
type Answer = Omit<Parameters<typeof appendToolApprovalResponse>[1], 'approved'>

/** The messages with an approval. */
export function approve(
  messages: readonly ModelMessage[],
  { approvalId, approvalToken }: Answer,
): ModelMessage[] {
  return appendToolApprovalResponse(messages, { approvalId, approved: true, approvalToken })
}

/** The messages with a denial, which has no token. */
export function deny(
  messages: readonly ModelMessage[],
  { approvalId }: Answer,
  reason?: string,
): ModelMessage[] {
  return appendToolApprovalResponse(messages, { approvalId, approved: false, reason })
}

/** What the provider was told in a model call, as text. */
export function told(model: ReturnType<typeof scriptedModel>, index = 0): string {
  return JSON.stringify(model.calls[index]?.prompt)
}

/** A fresh copy, as storage gives it back. */
export function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value))
}

/** A deep copy with every object that `change` gives something else for replaced. */
export function altered(
  messages: readonly ModelMessage[],
  change: (part: Record<string, unknown>) => object | undefined,
) {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const copy = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]))
    return change(copy) ?? copy
  }
  return walk(messages) as ModelMessage[]
}

/** A call of a tool, among the parts of a history. */
export const isCall = (part: Record<string, unknown>) => part['type'] === 'tool-call'
