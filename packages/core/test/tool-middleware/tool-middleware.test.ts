import {
  approvalMiddleware,
  toolMiddleware,
  ToolApprovalError,
  type ToolCallInfo,
} from '@crux/core/tool-middleware'
import { CruxError } from '@crux/core'
import { describe, expect, test } from 'vitest'

const callOf = (toolName: string, input: unknown = {}): ToolCallInfo => ({
  toolName,
  toolCallId: 'call-1',
  input,
  messages: [],
  abortSignal: undefined,
  options: {},
})

describe('what a middleware selects', () => {
  test('AI-50 AIT-63 names, patterns and predicates select; without a list every tool is', async () => {
    const { matches } = toolMiddleware({
      id: 'some',
      match: ['search', /^delete/, async ({ input }) => input === 'large'],
    })
    const selected = ['search', 'searches', 'deleteAll', 'undelete'].map((name) => matches(callOf(name)))
    expect(await Promise.all(selected)).toEqual([true, false, true, false])
    expect(await matches(callOf('pay', 'large'))).toBe(true)
    expect(await toolMiddleware({ id: 'all' }).matches(callOf('anything'))).toBe(true)
    expect(await toolMiddleware({ id: 'none', match: [] }).matches(callOf('anything'))).toBe(false)
  })

  test.each([/delete/g, /delete/y])(
    'AI-50 %s is tested from the first character every time, whoever else uses it',
    async (pattern) => {
      const { matches } = approvalMiddleware({ id: 'gate', match: [pattern] })
      for (let round = 0; round < 3; round++) {
        pattern.lastIndex = 5
        expect(await matches(callOf('deleteAll'))).toBe(true)
      }
      expect(pattern.lastIndex).toBe(5)
    },
  )

  test('AI-53 a predicate that throws makes the answer an error, not a no', async () => {
    const broken = approvalMiddleware({
      id: 'gate',
      match: [
        () => {
          throw new Error('no policy')
        },
      ],
    })
    await expect(broken.matches(callOf('pay'))).rejects.toThrow('no policy')
  })

  test('AI-50 what is made is frozen and does not follow its definition', async () => {
    const match = ['search']
    const made = toolMiddleware({ id: 'some', match })
    match.push('pay')
    expect(Object.isFrozen(made)).toBe(true)
    expect(await made.matches(callOf('pay'))).toBe(false)
  })
})

describe('AI-101 AIT-13 a definition that cannot work is refused', () => {
  test.each([
    ['toolMiddleware(): id must not be empty', () => toolMiddleware({ id: ' ' })],
    ['approvalMiddleware(): id must not be empty', () => approvalMiddleware({ id: '', match: ['pay'] })],
    ['toolMiddleware(): id must be a string, got number', () => toolMiddleware({ id: 7 as never })],
    [
      'approvalMiddleware(): match needs at least 1 entry',
      () => approvalMiddleware({ id: 'gate', match: [] }),
    ],
    ['approvalMiddleware(): match needs at least 1 entry', () => approvalMiddleware({ id: 'gate' } as never)],
    [
      'approvalMiddleware(): match must be a list, got string',
      () => approvalMiddleware({ id: 'gate', match: 'pay' as never }),
    ],
    [
      'toolMiddleware(): match[1] must be a tool name, RegExp or predicate, got number',
      () => toolMiddleware({ id: 'some', match: ['pay', 7 as never] }),
    ],
  ])('AI-101 %s', (message, define) => {
    expect(define).toThrow(expect.objectContaining({ message, code: 'invalid-value' }))
    expect(define).toThrow(CruxError)
  })
})

test('AI-62 AI-68 an error of an approval is a CruxError that names the request', () => {
  const error = new ToolApprovalError('expired', 'Too late.', 'request-1')
  expect(CruxError.is<string>(error, 'expired')).toBe(true)
  expect(error).toMatchObject({ name: 'ToolApprovalError', code: 'expired', approvalId: 'request-1' })
})
