import {
  approvalMiddleware,
  findToolApprovalRequests,
  type PendingApproval,
} from '@crux/core/tool-middleware'
import { expectTypeOf, test } from 'vitest'

test('AI-54 a request has its token and the end of it, or neither', () => {
  const read = (request: PendingApproval) => {
    if (request.approvalToken === undefined) expectTypeOf(request.expiresAt).toEqualTypeOf<undefined>()
    else expectTypeOf(request.expiresAt).toEqualTypeOf<number>()
  }
  expectTypeOf(read).toBeFunction()
})

test('AI-3 AI-56 what a history tells, and what a middleware is told, has no token', () => {
  expectTypeOf(findToolApprovalRequests([])).toExtend<PendingApproval[]>()
  // @ts-expect-error no history holds a token
  void findToolApprovalRequests([])[0]?.approvalToken
  approvalMiddleware({
    id: 'gate',
    match: ['pay'],
    onRequest: (request) => {
      expectTypeOf(request.expiresAt).toEqualTypeOf<number>()
      // @ts-expect-error nor is a middleware given one
      void request.approvalToken
    },
  })
})
