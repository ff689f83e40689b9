import { createCrux, inMemoryCruxStore } from '@crux/core'
import type { PendingApproval } from '@crux/ai'
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Desk } from '../agent/agent-run.ts'

process.env.DEMO_PACE = '0.005'
process.env.APPROVAL_TTL_MS = '4000'
const { runAgent } = await import('../agent/run-agent.ts')
const { scriptedModel } = await import('../agent/scripted-model.ts')
const { approvalDesk, decideRequest, listRequests } = await import('../lib/approvals.ts')
const { approvalsOf, ordersOf } = await import('../lib/task-approvals.ts')

describe('the agent', () => {
  test('carries every task out, one of them twice', async () => {
    const { lists, tasks, plans } = await run(scriptedModel())
    expect(plans).toMatchObject([{ title: 'Bread', version: 4 }])
    expect(lists).toMatchObject([{ status: 'completed', counts: { completed: 11 } }])
    expect(tasks.filter(({ attempt }) => attempt > 1).map(({ id }) => id)).toEqual(['numbers'])
  })

  test('does the same for the same topic', async () => {
    const [first, second] = [await run(scriptedModel()), await run(scriptedModel())]
    const essence = ({ tasks, plans }: typeof first) => [
      plans.map(({ content }) => content),
      tasks.map(({ label, result }) => ({ label, result })),
    ]
    expect(essence(second)).toEqual(essence(first))
  })

  test('leaves nothing open when the model breaks down, wherever that is', async () => {
    for (const turn of [1, 2, 4, 5, 9, 20, 35]) {
      const { lists, tasks, plans, failure } = await run(breakingAt(turn))
      expect(failure).toMatchObject({ message: 'Quota exceeded' })
      expect(tasks.filter(({ status }) => status === 'pending' || status === 'in_progress')).toEqual([])
      // Without a list it is the plan that says how it ended, without a plan there is nothing to say.
      const ends = lists.length > 0 ? lists : plans
      for (const end of ends) expect(end.discardReason).toContain('broke down')
      expect(JSON.stringify([lists, tasks, plans])).not.toContain('Quota')
    }
  })

  test('leaves nothing open when it is stopped', async () => {
    const stop = new AbortController()
    const { lists, tasks } = await run(
      breakingAt(9, () => stop.abort()),
      stop.signal,
    )
    expect(lists).toMatchObject([{ status: 'discarded', discardReason: 'Stopped.' }])
    expect(tasks.filter(({ status }) => status === 'pending' || status === 'in_progress')).toEqual([])
  })
})

describe('the agent, when it needs an approval', () => {
  test('orders nothing where there is nobody to ask', async () => {
    const { tasks, lists } = await run(scriptedModel())
    expect(lists).toMatchObject([{ status: 'completed' }])
    expect(tasks.flatMap(ordersOf)).toEqual([])
    expect(tasks.flatMap(approvalsOf)).toEqual([])
  })

  test('goes on without it when nobody answers in time', async () => {
    const { tasks, lists } = await run(scriptedModel(), undefined, approvalDesk('nobody:'))
    expect(lists).toMatchObject([{ status: 'completed' }])
    expect(tasks.flatMap(approvalsOf)).toMatchObject([{ status: 'unanswered' }])
    expect(tasks.flatMap(ordersOf)).toEqual([])
    expect(tasks.find(({ id }) => id === 'objections')?.result).toEqual({
      summary: 'One serious objection; another stays unread',
    })
    expect(listRequests('nobody:')).toEqual([])
  })

  test('goes by one of two answers that come at once', async () => {
    const scope = 'two-answers:'
    const running = run(scriptedModel(), undefined, approvalDesk(scope))
    const [request] = await waitFor(() => listRequests(scope))
    const answers = [false, true].map((approved) => decideRequest(scope, { ...request, approved }))
    expect(await Promise.allSettled(answers)).toMatchObject([
      { status: 'fulfilled', value: true },
      { status: 'rejected', reason: { code: 'consumed' } },
    ])
    const { tasks } = await running
    expect(tasks.flatMap(approvalsOf)).toMatchObject([{ status: 'denied' }])
    expect(tasks.flatMap(ordersOf)).toEqual([])
  })

  test('goes on when the last of several requests is decided', async () => {
    const scope = 'several:'
    const running = run(orderingTwice(), undefined, approvalDesk(scope))
    const [first, second] = await waitFor(() => listRequests(scope))
    await decideRequest(scope, { ...first, approved: true })
    expect(listRequests(scope)).toEqual([second])
    await decideRequest(scope, { ...second, approved: false, reason: 'One will do' })
    const { tasks, lists } = await running
    expect(lists).toMatchObject([{ status: 'completed' }])
    expect(tasks.flatMap(approvalsOf)).toMatchObject([
      { status: 'approved' },
      { status: 'denied', reason: 'One will do' },
    ])
    expect(tasks.flatMap(ordersOf)).toHaveLength(1)
  })

  test('goes on when only some of several requests are decided in time', async () => {
    const scope = 'some:'
    const running = run(orderingTwice(), undefined, approvalDesk(scope))
    const [first] = await waitFor(() => listRequests(scope))
    await decideRequest(scope, { ...first, approved: true })
    const { tasks, lists } = await running
    expect(lists).toMatchObject([{ status: 'completed' }])
    expect(tasks.flatMap(approvalsOf)).toMatchObject([{ status: 'unanswered' }, { status: 'unanswered' }])
    expect(tasks.flatMap(ordersOf)).toEqual([])
  })

  test('leaves nothing open when it is stopped while it waits', async () => {
    const scope = 'stopped:'
    const stop = new AbortController()
    const running = run(scriptedModel(), stop.signal, approvalDesk(scope))
    const [request] = await waitFor(() => listRequests(scope))
    stop.abort()
    const { tasks, lists } = await running
    expect(lists).toMatchObject([{ status: 'discarded', discardReason: 'Stopped.' }])
    expect(tasks.filter(({ status }) => status === 'pending' || status === 'in_progress')).toEqual([])
    expect(listRequests(scope)).toEqual([])
    expect(await decideRequest(scope, { ...request, approved: true })).toBe(false)
  })
})

async function waitFor(read: () => PendingApproval[]): Promise<[PendingApproval, PendingApproval]> {
  for (;;) {
    const [first, second = first] = read()
    if (first && second) return [first, second]
    await pause(2)
  }
}

/** The scripted model, which asks for everything it orders twice in one turn. */
function orderingTwice(): LanguageModelV4 {
  const model = scriptedModel()
  return {
    ...model,
    doStream: async (options) => {
      const { stream } = await model.doStream(options)
      const twice = new TransformStream<LanguageModelV4StreamPart, LanguageModelV4StreamPart>({
        transform: (part, controller) => {
          controller.enqueue(part)
          if (part.type !== 'tool-call' || part.toolName !== 'orderSource') return
          controller.enqueue({ ...part, toolCallId: crypto.randomUUID() })
        },
      })
      return { stream: stream.pipeThrough(twice) }
    },
  }
}

async function run(model: LanguageModelV4, signal = new AbortController().signal, desk?: Desk) {
  const crux = createCrux({ store: inMemoryCruxStore() })
  const agent = runAgent({ crux, topic: 'Bread', model, signal, onPlan: () => {}, desk })
  const failure: unknown = await agent.then(
    () => undefined,
    (error: unknown) => error,
  )
  const plans = await crux.listPlans({ includeDiscarded: true })
  const lists = await crux.listTaskLists({ includeDiscarded: true })
  const tasks = await Promise.all(lists.map(({ id }) => crux.taskListAgent(id).getTasks()))
  return { plans, lists, tasks: tasks.flat(), failure }
}

/** The scripted model, whose provider refuses from the given turn on. */
function breakingAt(turn: number, onTurn = () => {}): LanguageModelV4 {
  const model = scriptedModel()
  let turns = 0
  return {
    ...model,
    doStream: async (options) => {
      turns += 1
      if (turns < turn) return model.doStream(options)
      onTurn()
      throw new Error('Quota exceeded')
    },
  }
}
