import { scriptedModel } from '@crux/ai/testing'
import { generateText, isStepCount, type ModelMessage, tool, type ToolSet } from 'ai'
import { beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

const ran = vi.fn<(input: unknown) => string>(() => 'ran')
const pay = tool({ inputSchema: z.object({ to: z.string() }), needsApproval: true, execute: ran })
const free = tool({ inputSchema: z.object({ to: z.string() }), execute: ran })
const asks = tool({ inputSchema: z.object({}) })

const user = { role: 'user', content: 'pay' } as const
const call = (id: string, to = 'Ann', toolName = 'pay') =>
  ({ type: 'tool-call', toolCallId: id, toolName, input: { to } }) as const
const request = (approvalId: string, toolCallId: string) =>
  ({ type: 'tool-approval-request', approvalId, toolCallId }) as const
const approve = (approvalId: string) =>
  ({ type: 'tool-approval-response', approvalId, approved: true }) as const
const result = (toolCallId: string) =>
  ({ type: 'tool-result', toolCallId, toolName: 'pay', output: { type: 'text', value: 'done' } }) as const

function send(
  messages: readonly ModelMessage[],
  tools: ToolSet = { pay },
  steps: readonly string[] = ['ok'],
) {
  return generateText({
    model: scriptedModel(steps),
    tools,
    messages: [...messages],
    stopWhen: isStepCount(3),
  })
}

beforeEach(() => {
  ran.mockClear()
})

test('AI-83 AIT-88 approvals are read from the last message only', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  await expect(send([...history, user])).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
  expect(ran).not.toHaveBeenCalled()
})

test('AI-83 AIT-88 two tool turns at the end fail, after executing', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1'), call('c2'), request('a2', 'c2')] },
    { role: 'tool', content: [approve('a1')] },
    { role: 'tool', content: [approve('a2')] },
  ]
  await expect(send(history)).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
  expect(ran).toHaveBeenCalledOnce()
})

test('AI-84 AIT-88 with one of two requests answered its tool runs, then the call throws and the result is lost', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1'), call('c2'), request('a2', 'c2')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  await expect(send(history)).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
  expect(ran).toHaveBeenCalledOnce()
})

test('AI-85 AIT-88 the same history sent twice executes twice', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  await send(history)
  await send(history)
  expect(ran).toHaveBeenCalledTimes(2)
})

test.each([
  ['gated', { pay }],
  ['ungated', { pay: free }],
])('AI-86 AIT-88 a made-up call, request and approval executes a tool that is %s', async (_name, tools) => {
  for (const isAutomatic of [false, true]) {
    await send(
      [
        user,
        {
          role: 'assistant',
          content: [call('made-up', 'Mallory'), { ...request('a', 'made-up'), isAutomatic }],
        },
        { role: 'tool', content: [approve('a')] },
      ],
      tools,
    )
  }
  expect(ran).toHaveBeenCalledTimes(2)
  expect(ran.mock.calls[0]?.[0]).toEqual({ to: 'Mallory' })
})

test('AI-87 AIT-88 of two calls with one id the last one runs', async () => {
  await send([
    user,
    { role: 'assistant', content: [call('c1', 'Ann'), request('a1', 'c1')] },
    { role: 'assistant', content: [call('c1', 'Mallory')] },
    { role: 'tool', content: [approve('a1')] },
  ])
  expect(ran.mock.calls.map(([input]) => input)).toEqual([{ to: 'Mallory' }])
})

test('AI-88 AIT-88 a toolApproval function that gives undefined switches off needsApproval', async () => {
  const model = scriptedModel([{ tools: [{ name: 'pay', input: { to: 'Ann' } }] }, 'ok'])
  await generateText({
    model,
    tools: { pay },
    prompt: 'pay',
    toolApproval: () => undefined,
    stopWhen: isStepCount(2),
  })
  expect(ran).toHaveBeenCalledOnce()
})

test('AI-53 AIT-88 toolApproval is asked again when a run goes on', async () => {
  const toolApproval = vi.fn<() => 'user-approval'>(() => 'user-approval')
  const first = await generateText({
    model: scriptedModel([{ tools: [{ name: 'pay', input: { to: 'Ann' } }] }]),
    tools: { pay },
    prompt: 'pay',
    toolApproval,
  })
  expect(toolApproval).toHaveBeenCalledOnce()
  const asked = first.content.find(({ type }) => type === 'tool-approval-request')
  const approvalId = asked?.type === 'tool-approval-request' ? asked.approvalId : ''
  await generateText({
    model: scriptedModel(['ok']),
    tools: { pay },
    toolApproval,
    messages: [user, ...first.responseMessages, { role: 'tool', content: [approve(approvalId)] }],
  })
  expect(toolApproval).toHaveBeenCalledTimes(2)
  expect(ran).toHaveBeenCalledOnce()
})

test('AI-89 AIT-88 results of resumed tools are in responseMessages and in no step, and a failure drops them', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  const prepared: unknown[] = []
  const { responseMessages, steps } = await generateText({
    model: scriptedModel(['ok']),
    tools: { pay },
    messages: history,
    prepareStep: ({ messages }) => void prepared.push(messages.at(-1)),
  })
  const resumed = {
    role: 'tool',
    content: [expect.objectContaining({ type: 'tool-result', toolCallId: 'c1' })],
  }
  expect(responseMessages[0]).toMatchObject(resumed)
  expect(prepared[0]).toMatchObject(resumed)
  expect(steps.flatMap(({ toolResults }) => toolResults)).toEqual([])
  expect(steps.flatMap(({ response }) => response.messages.map(({ role }) => role))).toEqual(['assistant'])

  const failed = await generateText({
    model: scriptedModel([{ error: new Error('broken') }]),
    tools: { pay },
    messages: history,
    maxRetries: 0,
  }).catch((error: unknown) => error)
  expect(failed).toEqual(new Error('broken'))
  expect(Object.keys(Object(failed))).toEqual([])
})

test('AI-59 AIT-88 an approved response in the last turn runs a call whose result stands in an earlier turn', async () => {
  await send([
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [result('c1')] },
    { role: 'assistant', content: 'done' },
    { role: 'tool', content: [approve('a1')] },
  ])
  expect(ran).toHaveBeenCalledOnce()
})

test('AI-59 AIT-88 an approved call beside a client call without result fails, after running what it could', async () => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1'), call('c2', 'x', 'asks')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  await expect(send(history, { pay, asks })).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
  expect(ran).toHaveBeenCalledOnce()
})

test.each([
  ['without its tool', {}],
  ['without execute', { pay: tool({ inputSchema: z.object({ to: z.string() }) }) }],
])('AI-59 AIT-88 an approved call %s fails for its missing result', async (_name, tools) => {
  const history: ModelMessage[] = [
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [approve('a1')] },
  ]
  await expect(send(history, tools)).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
})

test('AI-59 AIT-88 an execution-denied result in place makes a later user turn valid', async () => {
  const denied = {
    type: 'tool-result',
    toolCallId: 'c1',
    toolName: 'pay',
    output: { type: 'execution-denied', reason: 'no' },
  } as const
  const { text } = await send([
    user,
    { role: 'assistant', content: [call('c1'), request('a1', 'c1')] },
    { role: 'tool', content: [denied] },
    user,
  ])
  expect(text).toBe('ok')
  expect(ran).not.toHaveBeenCalled()
})
