import { readTaskPlan } from '@crux/core/client'
import { inMemoryCruxStore } from '@crux/core'
import { describe, expect, test } from 'vitest'
import {
  announce,
  finish,
  finishStep,
  foldedPlan,
  inputAvailable,
  inputStart,
  output,
  planParts,
  runReducer,
  start,
  startStep,
  summary,
  textStart,
  told,
} from './run-reducer.ts'

const tool = (toolCallId: string, state: string, more: object = {}) => ({
  type: 'tool-search',
  toolCallId,
  state,
  input: {},
  ...more,
})
const assistant = (...parts: unknown[]) => [
  { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Hello' }] },
  { id: 'a', role: 'assistant', parts: [{ type: 'step-start' }, ...parts] },
]

/** What a client has after a response that ended while a tool of the client and a step were waiting. */
function waitingMessage(planId = 'p') {
  const run = runReducer({ planId })
  run.push(
    start,
    startStep,
    announce('m', { id: 'ask', label: 'Ask', toolName: 'search' }, { id: 'sum', label: 'Sum up' }),
  )
  run.push(inputAvailable('a'), finishStep, finish('tool-calls'))
  return planParts(run.out)
}

describe('a message that goes on', () => {
  test('INJ-60 INJ-61 its plan is told after start, with the next version, brought up to date by its tools', () => {
    const run = runReducer()
    run.seed(assistant(tool('a', 'output-available', { output: 1 }), ...waitingMessage()))
    expect(run.added).toEqual([])
    const step = run.push(start)
    expect(step.before).toEqual([])
    expect(told(step.after as never)).toEqual(['snapshot 2: ask done, sum pending'])
    run.push(startStep, textStart, finish('stop'))
    expect(told(run.added).at(-1)).toBe('update 2: sum skipped not-reported')
  })

  test('INJ-A14 the message has one plan part after the continuation', () => {
    const before = waitingMessage()
    const run = runReducer()
    run.seed(assistant(tool('a', 'output-available'), ...before))
    run.push(start, startStep, textStart, inputStart('b', 'weather'), output('b'), finish('stop'))
    const parts = planParts([...before, ...run.out])
    expect(parts.filter(({ type }) => type === 'data-agent-task-plan')).toHaveLength(1)
    expect(summary(readTaskPlan(parts))).toEqual(['ask done', 'sum skipped not-reported', 'b done'])
    expect(readTaskPlan(parts)).toEqual(run.plan())
  })

  test.each([
    ['input-streaming', {}, 'running'],
    ['input-available', {}, 'running'],
    ['approval-requested', { approval: { id: 'x' } }, 'blocked approval'],
    ['approval-responded', { approval: { id: 'x', approved: true } }, 'running'],
    ['approval-responded', { approval: { id: 'x', approved: false } }, 'skipped denied'],
    ['output-available', { output: 1 }, 'done'],
    ['output-available', { output: 1, preliminary: true }, 'running'],
    ['output-error', { errorText: 'no' }, 'failed tool-error'],
    ['output-denied', { approval: { id: 'x', approved: false } }, 'skipped denied'],
  ])('INJ-60 a tool part that is %s %j is %s', (state, more, expected) => {
    const run = runReducer()
    run.seed(assistant(tool('a', state, more)))
    expect(summary(run.plan())).toEqual([`a ${expected}`])
    const dynamic = runReducer()
    dynamic.seed(assistant({ ...tool('a', state, more), type: 'dynamic-tool', toolName: 'search' }))
    expect(dynamic.plan().tasks).toEqual(run.plan().tasks)
  })

  test('INJ-60 the answer to an approval of the message before is understood', () => {
    const run = runReducer()
    run.seed(assistant(tool('a', 'approval-requested', { approval: { id: 'x' } })))
    run.push(start, { type: 'tool-approval-response', approvalId: 'x', approved: true }, output('a'))
    expect(told(run.added)).toEqual([
      'snapshot 1: a blocked approval',
      'snapshot 2: a running',
      'snapshot 3: a done',
    ])
  })

  test('INJ-A14 without a plan part the tool parts make it, the plan tool among them', () => {
    const meta = {
      type: 'tool-meta__update_task_plan',
      toolCallId: 'm',
      state: 'output-available',
      input: { tasks: [{ id: 'one', label: 'One', toolName: 'search' }, { label: 'Two' }] },
    }
    const run = runReducer()
    run.seed(assistant(meta, tool('a', 'output-available')))
    run.push(start)
    expect(told(run.added)).toEqual(['snapshot 1: one done, agent-plan-2 pending'])
  })

  test('INJ-60 with a plan part the plan tool is history', () => {
    const meta = {
      type: 'tool-meta__update_task_plan',
      toolCallId: 'm',
      state: 'output-available',
      input: { tasks: [{ label: 'Old' }] },
    }
    const run = runReducer()
    run.seed(assistant(meta, tool('a', 'input-available'), ...waitingMessage()))
    expect(summary(run.plan())).toEqual(['ask running', 'sum pending'])
  })

  test('INJ-60 a call that has ended and that the plan does not know is history, or one more of an open step', () => {
    const run = runReducer()
    run.seed(
      assistant(
        tool('a', 'output-available'),
        tool('b', 'output-error'),
        { ...tool('c', 'output-available'), type: 'tool-other' },
        ...waitingMessage(),
      ),
    )
    expect(summary(run.plan())).toEqual(['ask failed tool-error', 'sum pending'])
  })

  test('INJ-60 without the option planId the id of the last plan part is taken over', () => {
    const run = runReducer({ planId: undefined })
    run.seed(assistant(...waitingMessage('first'), ...waitingMessage('session:1:last')))
    expect(run.plan()).toMatchObject({ planId: 'session:1:last', version: 1 })
  })

  test('INJ-A14 with the option planId another plan is not continued', () => {
    const run = runReducer({ planId: 'mine' })
    run.seed(assistant(tool('a', 'output-available'), ...waitingMessage('foreign')))
    expect(run.plan().planId).toBe('mine')
    expect(summary(run.plan())).toEqual(['a done'])
  })

  test('INJ-140 an id outside the scope of the store is not taken over from a browser', () => {
    const store = inMemoryCruxStore().scope('user:1:')
    for (const planId of ['user:2:x', 'x', 'user:1:deep:x']) {
      const run = runReducer({ planId: undefined, store })
      run.seed(assistant(...waitingMessage(planId)))
      expect(run.plan().planId).toMatch(/^user:1:[^:]+$/)
    }
    const own = runReducer({ planId: undefined, store })
    own.seed(assistant(...waitingMessage('user:1:x')))
    expect(own.plan().planId).toBe('user:1:x')
  })

  test('INJ-61 without start it is told before the first chunk that is no data part', () => {
    const run = runReducer()
    run.seed(assistant(tool('a', 'input-available')))
    run.push({ type: 'data-other', data: 1 })
    expect(run.added).toEqual([])
    expect(told(run.push(startStep).before as never)).toEqual(['snapshot 1: a running'])
  })

  test('INJ-61 when nothing comes at all, what the end made of it is told', () => {
    const run = runReducer()
    run.seed(assistant(tool('a', 'input-available')))
    run.settle('truncated')
    expect(told(run.added)).toEqual(['snapshot 1: a failed disconnected'])
  })

  test('INJ-75 an update of a task that the message has a part for is an update', () => {
    const first = runReducer()
    first.push(start, startStep, inputAvailable('a'), {
      type: 'tool-approval-request',
      toolCallId: 'a',
      approvalId: 'x',
    })
    const run = runReducer()
    run.seed(
      assistant(
        tool('a', 'approval-responded', { approval: { id: 'x', approved: true } }),
        ...planParts(first.out),
      ),
    )
    run.push(start, output('a'))
    expect(told(run.added)).toEqual(['snapshot 2: a running', 'update 2: a done'])
  })
})

describe('messages that are nothing to go on with', () => {
  const hostile = (data: unknown) => assistant({ type: 'data-agent-task-plan', id: 'p', data })

  test.each([
    ['no messages', undefined],
    ['an empty list', []],
    ['text', 'messages'],
    ['a message of the user last', [...assistant(tool('a', 'input-available')), { role: 'user', parts: [] }]],
    ['an assistant without parts', [{ role: 'assistant' }]],
    [
      'parts that are none',
      assistant(
        null,
        7,
        'x',
        { type: 'tool-x' },
        { type: 'tool-', toolCallId: 'a', state: 'input-available' },
      ),
    ],
    ['a tool part in an unknown state', assistant(tool('a', 'pondering'))],
  ])('INJ-62 INJ-A14 %s', (_, messages) => {
    const run = runReducer()
    const before = run.state()
    expect(run.seed(messages).state).toBe(before)
  })

  test('INJ-62 an id that no plan may have and an enormous version are not taken over', () => {
    const run = runReducer({ planId: undefined, newId: () => 'mine' })
    run.seed(
      assistant({ type: 'data-agent-task-plan', id: 'x', data: { planId: '../x', version: 1, tasks: [] } }),
    )
    expect(run.plan().planId).toBe('mine')
    const huge = runReducer()
    huge.seed(hostile({ planId: 'p', version: Number.MAX_SAFE_INTEGER, tasks: [{ id: 'a', label: 'A' }] }))
    expect(huge.plan()).toEqual({ planId: 'p', version: 0, tasks: [] })
  })

  test('INJ-62 texts and ids are cleaned, reasons and counts limited', () => {
    const many = Array.from({ length: 300 }, (_, index) => ({
      id: `t${index}`,
      label: `Task ${index}`,
      state: 'done',
    }))
    const tasks = [
      { id: '__proto__', label: 'Polluted', state: 'done' },
      {
        id: 'a/b c',
        label: `x\u202Ey${'z'.repeat(300)}`,
        state: 'failed',
        reason: '<script>',
        detail: '<think>hm</think>',
      },
      { id: 'gone', label: 'Let me think about it', source: 'agent' },
      { id: 'derived', label: '<think>', source: 'runtime', toolName: 'customers__list' },
      ...many,
    ]
    const run = runReducer()
    run.seed(hostile({ planId: 'p', version: 3, tasks }))
    const { tasks: seeded, version } = run.plan()
    expect(version).toBe(3)
    expect(seeded.length).toBeLessThanOrEqual(200)
    expect(seeded.slice(0, 3)).toEqual([
      { id: '__proto__', label: 'Polluted', state: 'done', source: 'runtime' },
      { id: 'ab-c', label: expect.stringMatching(/^xyz+…$/), state: 'failed', source: 'runtime' },
      {
        id: 'derived',
        label: 'Customers · List',
        state: 'pending',
        source: 'runtime',
        toolName: 'customers.list',
      },
    ])
    expect(Object.prototype).not.toHaveProperty('label')
    run.push(start)
    expect(foldedPlan(run.out)).toEqual(run.plan())
  })
})
