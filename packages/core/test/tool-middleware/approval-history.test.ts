import {
  appendToolApprovalResponse,
  findToolApprovalRequests,
  ToolApprovalError,
} from '@crux/core/tool-middleware'
import type { ModelMessage } from 'ai'
import { describe, expect, test } from 'vitest'

const call = (toolCallId: string, input: unknown = {}, toolName = 'pay') =>
  ({ type: 'tool-call', toolCallId, toolName, input }) as const
const request = (approvalId: string, toolCallId: string, isAutomatic?: boolean) =>
  ({ type: 'tool-approval-request', approvalId, toolCallId, isAutomatic }) as const
const result = (toolCallId: string) =>
  ({ type: 'tool-result', toolCallId, toolName: 'pay', output: { type: 'text', value: 'done' } }) as const
type Part = ReturnType<typeof call> | ReturnType<typeof request> | ReturnType<typeof result>
const assistant = (...content: Part[]): ModelMessage => ({ role: 'assistant', content })
const user: ModelMessage = { role: 'user', content: 'Pay the bill.' }

describe('findToolApprovalRequests', () => {
  test('AI-3 lists the requests whose call has no result, in order, without tokens', () => {
    const messages: ModelMessage[] = [
      user,
      assistant(call('a', { sum: 1 }), call('b'), call('c', { sum: 3 })),
      assistant(request('r1', 'a'), request('r2', 'b'), request('r3', 'c')),
      { role: 'tool', content: [result('b')] },
    ]
    expect(findToolApprovalRequests(messages)).toEqual([
      { approvalId: 'r1', toolCallId: 'a', toolName: 'pay', input: { sum: 1 } },
      { approvalId: 'r3', toolCallId: 'c', toolName: 'pay', input: { sum: 3 } },
    ])
  })

  test('AI-3 an answered request is open as long as its call has no result', () => {
    const messages: ModelMessage[] = [
      assistant(call('a'), request('r1', 'a')),
      { role: 'tool', content: [{ type: 'tool-approval-response', approvalId: 'r1', approved: true }] },
    ]
    expect(findToolApprovalRequests(messages)).toHaveLength(1)
  })

  test('AI-54 leaves out what the SDK decided by itself, and requests without a call', () => {
    expect(
      findToolApprovalRequests([assistant(call('a'), request('r1', 'a', true), request('r2', 'b'))]),
    ).toEqual([])
  })

  test('AI-59 of several parts with one id the last counts, and only a result behind the call settles it', () => {
    const messages = [
      assistant(call('a', 'old'), request('r1', 'a')),
      { role: 'tool', content: [result('a')] },
      assistant(call('a', 'new'), request('r2', 'a')),
    ]
    expect(findToolApprovalRequests(messages)).toEqual([
      { approvalId: 'r2', toolCallId: 'a', toolName: 'pay', input: 'new' },
    ])
    expect(findToolApprovalRequests([...messages, assistant(result('a'))])).toEqual([])
  })

  test('AI-59 a request that is sent again moves to the call it now names', () => {
    const messages = [assistant(call('a'), call('b'), request('r1', 'a'), request('r1', 'b'))]
    expect(findToolApprovalRequests(messages)).toMatchObject([{ approvalId: 'r1', toolCallId: 'b' }])
  })

  test('AI-59 a request that is made again counts where it stands last, and of two for one call the newer one', () => {
    const again = [
      assistant(call('a'), call('b'), request('r1', 'a'), request('r2', 'b'), request('r1', 'a')),
    ]
    expect(findToolApprovalRequests(again).map(({ approvalId }) => approvalId)).toEqual(['r2', 'r1'])
    const two = [assistant(call('a'), request('old', 'a'), request('new', 'a'))]
    expect(findToolApprovalRequests(two)).toMatchObject([{ approvalId: 'new' }])
  })

  test('AI-59 a turn of the user has neither calls nor results', () => {
    const user = (...content: Part[]) => ({ role: 'user', content })
    expect(findToolApprovalRequests([user(call('a')), assistant(request('r1', 'a'))])).toEqual([])
    const open = [assistant(call('a'), request('r1', 'a')), user(result('a'))]
    expect(findToolApprovalRequests(open)).toMatchObject([{ approvalId: 'r1' }])
  })

  test('AI-3 takes any history, also one that is none', () => {
    const odd = [null, 'text', { role: 'assistant' }, { role: 'assistant', content: [null, 7, {}] }]
    expect(findToolApprovalRequests(odd)).toEqual([])
    expect(findToolApprovalRequests([{ role: 'user', content: [call('a'), request('r1', 'a')] }])).toEqual([])
  })
})

describe('appendToolApprovalResponse', () => {
  const history: ModelMessage[] = [
    user,
    assistant(call('a'), call('b'), call('c'), request('r1', 'a'), request('r2', 'b')),
    { role: 'tool', content: [result('c')] },
  ]

  test('AI-58 adds a turn, and further responses to that turn; what was given stays as it was', () => {
    const given = structuredClone(history)
    const one = appendToolApprovalResponse(history, { approvalId: 'r1', approved: true, approvalToken: 't' })
    const two: ModelMessage[] = appendToolApprovalResponse(one, {
      approvalId: 'r2',
      approved: false,
      reason: 'too dear',
    })
    expect(history).toEqual(given)
    expect(one.slice(0, -1)).toEqual(given)
    expect(two).toEqual([
      ...given,
      {
        role: 'tool',
        content: [
          { type: 'tool-approval-response', approvalId: 'r1', approved: true, approvalToken: 't' },
          { type: 'tool-approval-response', approvalId: 'r2', approved: false, reason: 'too dear' },
        ],
      },
    ])
    expect(one.at(-1)).toEqual({ role: 'tool', content: [expect.objectContaining({ approvalId: 'r1' })] })
  })

  test('AI-58 a response that stands in a turn of the model is none, and its turn stays as it is', () => {
    const odd = { type: 'tool-approval-response', approvalId: 'r1', approved: true }
    const messages = [{ role: 'assistant', content: [call('a'), request('r1', 'a'), odd] }]
    const answered = appendToolApprovalResponse(messages, { approvalId: 'r1', approved: false })
    expect(answered).toEqual([...messages, { role: 'tool', content: [{ ...odd, approved: false }] }])
  })

  test('AI-58 AI-62 an id without a request is refused', () => {
    for (const approvalId of ['r3', 'a', 'constructor']) {
      expect(() => appendToolApprovalResponse(history, { approvalId, approved: true })).toThrow(
        expect.objectContaining({ name: 'ToolApprovalError', code: 'unknown-request', approvalId }),
      )
    }
    const fromUser = [{ role: 'user', content: [call('a'), request('r1', 'a')] }]
    expect(() => appendToolApprovalResponse(fromUser, { approvalId: 'r1', approved: false })).toThrow(
      ToolApprovalError,
    )
  })
})
