import { findToolApprovalRequests, memoryApprovalStore, ToolApprovalError } from '@crux/core/tool-middleware'
import type { ModelMessage, ToolSet } from 'ai'
import { CruxAIError } from '@crux/ai'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readApproval } from '../../src/approvals/approval-options.ts'
import { createSigner } from '../../src/approvals/approval-signer.ts'
import { resumeApprovals } from '../../src/approvals/resume-approvals.ts'

const responses = [
  'approve',
  'approve without token',
  'approve with a wrong token',
  'deny',
  'deny with the token',
  'deny with a wrong token',
] as const
type Response = (typeof responses)[number]

const isDenial = (response: Response) => response.startsWith('deny')
const isWrong = (response: Response) => response.endsWith('a wrong token')
const hasGoodToken = (response: Response) => response === 'approve' || response === 'deny with the token'

interface CallCase {
  readonly kind: 'gated' | 'settled' | 'client'
  readonly tool: 'pay' | 'missing' | 'client'
  readonly responses: readonly Response[]
}

const tools: ToolSet = {
  pay: { inputSchema: {} as never, execute: async () => 'paid' },
  client: { inputSchema: {} as never },
}

const callCase: fc.Arbitrary<CallCase> = fc.record({
  kind: fc.constantFrom(
    'gated' as const,
    'gated' as const,
    'gated' as const,
    'settled' as const,
    'client' as const,
  ),
  tool: fc.constantFrom(
    'pay' as const,
    'pay' as const,
    'pay' as const,
    'missing' as const,
    'client' as const,
  ),
  responses: fc.array(fc.constantFrom<Response>(...responses), { maxLength: 2 }),
})

const scenario = fc.record({
  calls: fc.array(callCase, { minLength: 1, maxLength: 4 }),
  /** Responses to one another's requests, mixed by this order. */
  order: fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }),
  hasUnknown: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  goesOn: fc.integer({ min: 0, max: 2 }).map((n) => n === 0),
  consumedAlready: fc.boolean(),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

function createKit(now = Date.now) {
  const consumed: string[] = []
  const memory = memoryApprovalStore({ now })
  const store = {
    consume: (id: string, expiresAt: number) => {
      consumed.push(id)
      return memory.consume(id, expiresAt)
    },
  }
  const settings = readApproval('generate', { secret: 's'.repeat(32), store })
  return { consumed, memory, signer: createSigner('generate', settings, { promptId: 'p', now }) }
}

async function build({ calls, order, hasUnknown, goesOn }: Scenario, kit: ReturnType<typeof createKit>) {
  const parts = calls.map(({ tool }, n) => ({
    type: 'tool-call' as const,
    toolCallId: `call-${n}`,
    toolName: tool,
    input: { n },
  }))
  const requests = calls.flatMap(({ kind }, n) =>
    kind === 'gated'
      ? [{ type: 'tool-approval-request' as const, approvalId: `r-${n}`, toolCallId: `call-${n}` }]
      : [],
  )
  const results = calls.flatMap(({ kind, tool }, n) =>
    kind === 'settled'
      ? [
          {
            type: 'tool-result' as const,
            toolCallId: `call-${n}`,
            toolName: tool,
            output: { type: 'text' as const, value: 'done' },
          },
        ]
      : [],
  )
  const answers = []
  for (const [n, { kind, tool, responses: given }] of calls.entries()) {
    if (kind !== 'gated') continue
    for (const response of given) {
      const subject = { approvalId: `r-${n}`, toolCallId: `call-${n}`, toolName: tool, input: { n } }
      const { approvalToken } = await kit.signer.sign(
        isWrong(response) ? { ...subject, input: { n: -1 } } : subject,
      )
      answers.push({
        type: 'tool-approval-response' as const,
        approvalId: `r-${n}`,
        approved: !isDenial(response),
        ...(isDenial(response) && { reason: `no ${n}` }),
        ...((isWrong(response) || hasGoodToken(response)) && { approvalToken }),
      })
    }
  }
  if (hasUnknown) {
    answers.push({ type: 'tool-approval-response' as const, approvalId: 'r-unknown', approved: false })
  }
  const mixed = answers
    .map((part, index) => ({ part, at: order[index % order.length] ?? 0 }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ part }) => part)
  const messages: ModelMessage[] = [
    { role: 'user', content: 'Go.' },
    { role: 'assistant', content: [...parts, ...requests] },
    ...(results.length > 0 ? [{ role: 'tool' as const, content: results }] : []),
    ...(goesOn ? [{ role: 'user' as const, content: 'Never mind.' }] : []),
    ...(mixed.length > 0 ? [{ role: 'tool' as const, content: mixed }] : []),
  ]
  return messages
}

type Outcome = string | { readonly suspended: readonly string[] } | { readonly run: readonly string[] }

/** AI-59, step by step, as one reads it; independent of how it is done. */
function expected({ calls, hasUnknown, goesOn, consumedAlready }: Scenario): Outcome {
  const gated = calls.flatMap(({ kind, tool, responses }, n) => {
    if (kind !== 'gated') return []
    const isDenied = responses.some(isDenial)
    return [{ n, tool, responses, isDenied, isApproved: !isDenied && responses.length > 0 }]
  })
  if (gated.length === 0 && !hasUnknown) return 'nothing'
  if (hasUnknown) return 'unknown-request'
  if (goesOn && gated.some(({ isDenied }) => !isDenied)) return 'usage'
  if (goesOn && calls.some(({ kind }) => kind === 'client')) return 'usage'
  for (const { isApproved, responses } of gated) {
    if (!isApproved) continue
    // A response without a token beside one that has it says nothing new.
    if (responses.every((response) => response === 'approve without token')) return 'missing-token'
    if (responses.includes('approve with a wrong token')) return 'mismatch'
  }
  const undecided = gated.filter(({ isDenied, isApproved }) => !isDenied && !isApproved)
  if (undecided.length > 0) return { suspended: undecided.map(({ n }) => `r-${n}`) }
  const approved = gated.filter(({ isApproved }) => isApproved)
  if (approved.some(({ tool }) => tool !== 'pay')) return 'usage'
  if (calls.some(({ kind }) => kind === 'client')) return 'usage'
  if (consumedAlready && tokensOf(calls).length > 0) return 'consumed'
  return { run: approved.map(({ n }) => `call-${n}`) }
}

/** The requests of which a token came that counts, be the call approved or denied. */
function tokensOf(calls: Scenario['calls']): string[] {
  return calls.flatMap(({ kind, responses }, n) =>
    kind === 'gated' && responses.some(hasGoodToken) ? [`r-${n}`] : [],
  )
}

function usedUp({ calls }: Scenario, outcome: Outcome): string[] {
  if (outcome === 'consumed') return tokensOf(calls).slice(0, 1)
  return typeof outcome === 'object' && 'run' in outcome ? tokensOf(calls) : []
}

async function actual(messages: readonly ModelMessage[], signer: ReturnType<typeof createKit>['signer']) {
  try {
    const resumption = await resumeApprovals(messages, { caller: 'generate', tools, signer })
    if (resumption.kind === 'nothing') return { outcome: 'nothing' as const }
    if (resumption.kind === 'suspended') {
      return { outcome: { suspended: resumption.pendingApprovals.map(({ approvalId }) => approvalId) } }
    }
    const approved = resumption.decided.filter(({ decision }) => decision === 'approved')
    return {
      outcome: { run: approved.map(({ call }) => call.toolCallId) },
      messages: resumption.messages,
    }
  } catch (error) {
    if (error instanceof ToolApprovalError || error instanceof CruxAIError) return { outcome: error.code }
    throw error
  }
}

function partsOf(messages: readonly ModelMessage[], type: string) {
  return messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.filter((part) => part.type === type),
  )
}

describe('AI-59 what becomes of a history', () => {
  test('AI-59 AI-60 AI-62 AI-64 any mixture of requests and responses is judged in the order of the steps', async () => {
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(scenario, async (given) => {
        const kit = createKit()
        const messages = await build(given, kit)
        if (given.consumedAlready) {
          for (const n of given.calls.keys()) kit.memory.consume(`r-${n}`, Date.now() + 60_000)
        }
        const before = structuredClone(messages)
        const wanted = expected(given)

        const { outcome, messages: sent } = await actual(messages, kit.signer)

        expect(outcome).toEqual(wanted)
        expect(messages).toEqual(before)
        const name = typeof wanted === 'string' ? wanted : Object.keys(wanted).join()
        seen.set(name, (seen.get(name) ?? 0) + 1)
        // Nothing is used up unless everything before it went well; then each approval once, in order, up to the first no.
        expect(kit.consumed).toEqual(usedUp(given, wanted))
        if (sent === undefined) return

        // No token leaves; responses stand in the last turn alone, each of a call that is open and once.
        expect(JSON.stringify(sent)).not.toContain('approvalToken')
        const last = sent.at(-1)
        const responses = partsOf(sent, 'tool-approval-response')
        expect(last).toEqual(responses.length > 0 ? { role: 'tool', content: responses } : last)
        const gated = given.calls.flatMap(({ kind }, n) => (kind === 'gated' ? [`r-${n}`] : []))
        const answered = given.goesOn ? [] : gated
        expect(responses.map((part) => Reflect.get(part, 'approvalId'))).toEqual(answered)
        // Left behind, a denial has become a result, with its reason.
        const denials = partsOf(sent, 'tool-result').filter((part) =>
          JSON.stringify(part).includes('execution-denied'),
        )
        expect(denials).toHaveLength(given.goesOn ? gated.length : 0)
      }),
      { numRuns: 600 },
    )
    // Each way out was taken: the mixture is rich enough to mean something.
    const ways = ['nothing', 'usage', 'missing-token', 'mismatch', 'suspended', 'run', 'consumed']
    expect([...seen.keys()]).toEqual(expect.arrayContaining(ways))
  })
})

describe('AI-59 requests that were made again', () => {
  const subject = { toolCallId: 'x', toolName: 'pay', input: {} }
  const call = { type: 'tool-call' as const, ...subject }
  const request = (approvalId: string, toolCallId = 'x') =>
    ({ type: 'tool-approval-request', approvalId, toolCallId }) as const
  const approval = (approvalId: string, approvalToken?: string) =>
    ({ type: 'tool-approval-response', approvalId, approved: true, approvalToken }) as const
  const history = (
    asked: Extract<ModelMessage, { role: 'assistant' }>['content'],
    ...answers: ReturnType<typeof approval>[]
  ): ModelMessage[] => [
    { role: 'user', content: 'Go.' },
    { role: 'assistant', content: asked },
    { role: 'tool', content: answers },
  ]
  const sign = async ({ signer }: ReturnType<typeof createKit>, approvalId: string) =>
    approval(approvalId, (await signer.sign({ ...subject, approvalId })).approvalToken)

  test('AI-59 AI-60 of two requests for one call the newer one has to be approved, and each approval needs its token', async () => {
    const kit = createKit()
    const asked = [call, request('old'), request('new')] as const
    const [old, young] = [await sign(kit, 'old'), await sign(kit, 'new')]
    const outcomeOf = async (...answers: ReturnType<typeof approval>[]) =>
      (await actual(history([...asked], ...answers), kit.signer)).outcome
    expect(await outcomeOf(old)).toEqual({ suspended: ['new'] })
    expect(await outcomeOf(young, approval('old'))).toBe('missing-token')
    expect(await outcomeOf(young, approval('old', young.approvalToken))).toBe('mismatch')
    expect(kit.consumed).toEqual([])
    expect(await outcomeOf(old, young)).toEqual({ run: ['x'] })
    expect(kit.consumed).toEqual(['old', 'new'])
  })

  test('AI-59 a request that is made again counts where it stands last', async () => {
    const kit = createKit()
    const other = { ...call, toolCallId: 'y' }
    const asked = [call, other, request('r1'), request('r2', 'y'), request('r1')]
    const { outcome } = await actual(history(asked), kit.signer)
    expect(outcome).toEqual({ suspended: ['r2', 'r1'] })
  })

  test('AI-59 a request that is made again behind the result of its call is open again', async () => {
    const kit = createKit()
    const done: ModelMessage = {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 'x', toolName: 'pay', output: { type: 'text', value: '1' } },
      ],
    }
    const [user, assistant, answered] = history([call, request('r')], await sign(kit, 'r'))
    if (!user || !assistant || !answered) throw new Error('expected three turns')
    const { outcome } = await actual([user, assistant, done, assistant, answered], kit.signer)
    expect(outcome).toEqual({ run: ['x'] })
  })

  test.each(['short first', 'long first'])(
    'AI-63 AI-57 of two tokens for one request the later end is what the store is told: %s',
    async (order) => {
      let time = 0
      const kit = createKit(() => time)
      const short = await sign(kit, 'r')
      time = 1000
      const long = await sign(kit, 'r')
      const answers = order === 'short first' ? [short, long] : [long, short]
      expect((await actual(history([call, request('r')], ...answers), kit.signer)).outcome).toEqual({
        run: ['x'],
      })
      // The first token is over, and the second one must not let it run again.
      time = 900_500
      expect((await actual(history([call, request('r')], long), kit.signer)).outcome).toBe('consumed')
    },
  )
})

test('AI-3 AI-59 findToolApprovalRequests lists just the requests that a run is suspended for', async () => {
  const id = fc.constantFrom('x', 'y')
  const part = fc.oneof(
    id.map((toolCallId) => ({ type: 'tool-call', toolCallId, toolName: 'pay', input: {} })),
    fc.record({
      type: fc.constant('tool-approval-request'),
      approvalId: fc.constantFrom('r1', 'r2', 'r3'),
      toolCallId: id,
      isAutomatic: fc.constantFrom(undefined, undefined, true),
    }),
    id.map((toolCallId) => ({ type: 'tool-result', toolCallId, toolName: 'pay', output: {} })),
  )
  const role = fc.constantFrom('assistant', 'assistant', 'assistant', 'tool', 'user')
  const turn = fc.record({ role, content: fc.array(part, { minLength: 2, maxLength: 6 }) })
  const { signer } = createKit()
  let suspended = 0
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 4 }), async (turns) => {
      const { outcome } = await actual(turns as ModelMessage[], signer)
      // A chat that has gone on over a request.
      if (outcome === 'usage') return
      const found = findToolApprovalRequests(turns).map(({ approvalId }) => approvalId)
      expect(outcome).toEqual(found.length > 0 ? { suspended: found } : 'nothing')
      if (found.length > 0) suspended += 1
    }),
    { numRuns: 1000 },
  )
  expect(suspended).toBeGreaterThan(50)
})
