import { createTaskPlanReducer } from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import {
  announce,
  finish,
  finishStep,
  foldedPlan,
  inputAvailable,
  inputStart,
  output,
  outputError,
  runReducer,
  start,
  startStep,
  states,
  summary,
  textStart,
  told,
} from './run-reducer.ts'

const request = (toolCallId: string, more: object = {}) => ({
  type: 'tool-approval-request',
  toolCallId,
  approvalId: `approve-${toolCallId}`,
  ...more,
})
const response = (toolCallId: string, approved: boolean) => ({
  type: 'tool-approval-response',
  approvalId: `approve-${toolCallId}`,
  approved,
})

describe('a tool call', () => {
  test('INJ-A6 INJ-10 INJ-70 the first one is one snapshot before its chunk, its output one update after it', () => {
    const run = runReducer()
    run.push(start, startStep)
    const first = run.push(inputStart('call-1', 'customers__list_people'))
    expect(first.before).toEqual([
      {
        type: 'data-agent-task-plan',
        id: 'p',
        data: {
          planId: 'p',
          version: 1,
          tasks: [
            {
              id: 'call-1',
              label: 'Customers · List people',
              state: 'running',
              source: 'runtime',
              toolName: 'customers.list_people',
              toolCallId: 'call-1',
              startedAt: 3,
            },
          ],
        },
      },
    ])
    expect(first.after).toEqual([])

    const last = run.push(output('call-1'))
    expect(last.before).toEqual([])
    expect(last.after).toEqual([
      {
        type: 'data-agent-task-update',
        id: 'p:call-1',
        data: {
          planId: 'p',
          version: 1,
          task: {
            id: 'call-1',
            label: 'Customers · List people',
            state: 'done',
            source: 'runtime',
            toolName: 'customers.list_people',
            toolCallId: 'call-1',
            startedAt: 3,
            endedAt: 4,
          },
        },
      },
    ])
  })

  test('INJ-11 the keys of what is sent stand in a fixed order', () => {
    const run = runReducer({ detail: () => 'Detail', transient: true })
    run.push(start, startStep, inputStart('call-1'), outputError('call-1'))
    expect(JSON.stringify(run.added[1])).toBe(
      '{"type":"data-agent-task-update","id":"p:call-1","data":{"planId":"p","version":1,"task":{"id":"call-1",' +
        '"label":"Search","state":"failed","detail":"Detail","source":"runtime","toolName":"search",' +
        '"toolCallId":"call-1","startedAt":3,"endedAt":4,"reason":"tool-error"}},"transient":true}',
    )
  })

  test('INJ-A6 a second tool is one update', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), inputStart('b', 'weather'))
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: b running'])
  })

  test('INJ-A6 INJ-32 input after its start, and any input after the output, tell nothing', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), inputAvailable('a'), output('a'))
    const { state } = run.push(inputAvailable('a'))
    expect(run.push(inputStart('a')).state).toBe(state)
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: a done'])
  })

  test('INJ-30 it is bound by its input if its start is missing', () => {
    const run = runReducer()
    run.push(start, startStep, inputAvailable('a', 'mcp__github__create_issue', {}, { dynamic: true }))
    expect(run.plan().tasks[0]).toMatchObject({ label: 'Github · Create issue', state: 'running' })
  })

  test('INJ-31 output, denial and approval of a call that is not known change nothing', () => {
    const run = runReducer()
    run.push(start)
    const { state } = run.push({ type: 'text-delta' })
    for (const chunk of [
      output('x'),
      outputError('x'),
      request('x'),
      response('x', true),
      { type: 'tool-output-denied', toolCallId: 'x' },
    ]) {
      expect(run.push(chunk).state).toBe(state)
    }
    expect(run.added).toEqual([])
  })

  test('INJ-A8 preliminary outputs keep it running, whatever follows decides', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), inputStart('b'))
    run.push(output('a', 1, { preliminary: true }), output('a', 2, { preliminary: true }), output('a', 2))
    run.push(output('b', 1, { preliminary: true }), outputError('b'))
    expect(told(run.added).slice(2)).toEqual(['update 1: a done', 'update 1: b failed tool-error'])
  })

  test('INJ-A8 an input error and the output error after it are one change', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'))
    run.push(
      { type: 'tool-input-error', toolCallId: 'a', toolName: 'search', errorText: 'no' },
      outputError('a'),
    )
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: a failed invalid-input'])
  })

  test('INJ-A8 an input error alone makes a task that failed', () => {
    const run = runReducer()
    run.push(start, startStep, {
      type: 'tool-input-error',
      toolCallId: 'a',
      toolName: 'search',
      errorText: 'no',
    })
    expect(told(run.added)).toEqual(['snapshot 1: a failed invalid-input'])
    expect(run.out.at(-1)).toMatchObject({ type: 'data-agent-task-plan' })
  })

  test.each([
    [true, 'running'],
    [false, 'skipped denied'],
  ])('INJ-A9 an approval that is asked for blocks it until the answer is %s', (approved, end) => {
    const run = runReducer()
    run.push(start, startStep, inputAvailable('a'), request('a'))
    expect(summary(run.plan())).toEqual(['a blocked approval'])
    run.push(response('a', approved))
    expect(summary(run.plan())).toEqual([`a ${end}`])
  })

  test('INJ-A9 an automatic approval never blocks it', () => {
    const run = runReducer()
    run.push(start, startStep, inputAvailable('a'), request('a', { isAutomatic: true }))
    expect(summary(run.plan())).toEqual(['a running'])
    run.push(response('a', false), { type: 'tool-output-denied', toolCallId: 'a' })
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: a skipped denied'])
  })

  test('INJ-14 a task that is over changes no more', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), outputError('a'))
    const { state } = run.push(output('a'))
    expect(run.push({ type: 'tool-output-denied', toolCallId: 'a' }).state).toBe(state)
    expect(summary(run.plan())).toEqual(['a failed tool-error'])
  })

  test('INJ-41 its id is that of the call, in the characters of an id and free', () => {
    const run = runReducer()
    run.push(
      start,
      startStep,
      inputStart('a/b:c'),
      inputStart('a b c'),
      inputStart('x'.repeat(90)),
      inputStart('__proto__'),
    )
    expect(run.plan().tasks.map(({ id }) => id)).toEqual(['a-b-c', 'a-b-c-2', 'x'.repeat(80), '__proto__'])
    run.push(output('a b c'), outputError('__proto__'))
    expect(states(run.plan())).toEqual(['running', 'done', 'running', 'failed'])
  })

  test('INJ-35 of more than 200 tasks the oldest that is over leaves, with a snapshot', () => {
    const errors: unknown[] = []
    const run = runReducer({ onError: (error) => errors.push(error) })
    run.push(start, startStep)
    for (let index = 0; index < 200; index++) run.push(inputStart(`c${index}`))
    run.push(inputStart('c200'), inputStart('c201'))
    expect(run.plan().tasks).toHaveLength(200)
    expect(errors).toHaveLength(1)

    run.push(output('c7'), output('c3'))
    const step = run.push(inputStart('c202'))
    expect(step.before.map(({ type }) => type)).toEqual(['data-agent-task-plan'])
    const ids = run.plan().tasks.map(({ id }) => id)
    expect(ids).toHaveLength(200)
    expect([ids.includes('c3'), ids.includes('c7'), ids.at(-1)]).toEqual([false, true, 'c202'])
  })
})

describe('what changes nothing', () => {
  test.each([
    ['a tool chunk without an id', { type: 'tool-input-start', toolName: 'search' }],
    ['a tool chunk with an empty id', { type: 'tool-input-start', toolName: 'search', toolCallId: '' }],
    ['a text delta', { type: 'text-delta', id: 't', delta: 'hello' }],
    ['a reasoning delta', { type: 'reasoning-delta', id: 'r', delta: 'hello' }],
    ['an input delta', { type: 'tool-input-delta', toolCallId: 'a', inputTextDelta: '{' }],
    ['metadata', { type: 'message-metadata', messageMetadata: {} }],
    ['a source', { type: 'source-url', sourceId: 's', url: 'https://x.test' }],
    ['a part of somebody else', { type: 'data-crux', data: {} }],
    ['an unknown type', { type: 'surprise' }],
    ['an object without a type', {}],
    ['null', null],
    ['text', 'tool-input-start'],
    ['an array', [{ type: 'finish' }]],
  ])('INJ-A7 INJ-1 %s gives the same state back', (_, chunk) => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'))
    const before = run.state()
    const step = run.push(chunk)
    expect(step.state).toBe(before)
    expect([...step.before, ...step.after, step.original]).toEqual(['forward'])
  })

  test('INJ-A7 INJ-1 frozen states and frozen chunks are fine', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
        Object.freeze(value)
        Object.values(value).forEach(freeze)
      }
      return value
    }
    const reducer = createTaskPlanReducer({ planId: 'p' })
    let state = freeze(reducer.initial())
    const chunks = [
      start,
      startStep,
      announce('m', { label: 'Look' }),
      inputStart('a'),
      output('a'),
      { type: 'reset-step' },
      finish('stop'),
    ]
    for (const chunk of chunks) state = freeze(reducer.reduce(state, freeze(structuredClone(chunk)), 1).state)
    expect(reducer.settle(state, 'closed', 2).state).toBe(state)
  })

  test('INJ-1 a chunk that throws when it is read passes, and is reported', () => {
    const errors: unknown[] = []
    const run = runReducer({ onError: (error) => errors.push(error) })
    const hostile = {
      type: 'tool-input-start',
      get toolCallId() {
        throw new Error('no')
      },
    }
    const { state } = run.push(start)
    expect(run.push(hostile)).toMatchObject({ state, original: 'forward', before: [], after: [] })
    expect(errors).toHaveLength(1)
  })

  test('INJ-1 a mapper that throws is reported, and the default is used', () => {
    const errors: unknown[] = []
    const fail = () => {
      throw new Error('mapper')
    }
    const run = runReducer({
      label: fail,
      detail: fail,
      includeTools: fail,
      onError: (error) => errors.push(error),
    })
    run.push(start, startStep, inputStart('a'))
    expect(run.plan().tasks[0]).toMatchObject({ label: 'Search' })
    expect(errors.length).toBeGreaterThan(0)
  })

  test('INJ-72 what was given out can be changed without changing what comes', () => {
    const run = runReducer()
    const { before } = run.push(start, startStep, inputStart('a'))
    for (const chunk of before as unknown as { data: { tasks: { label: string }[] } }[]) {
      for (const task of chunk.data.tasks) task.label = 'changed'
      chunk.data.tasks = []
    }
    expect(run.plan().tasks[0]?.label).toBe('Search')
    run.push(output('a'))
    expect(run.added[1]).toMatchObject({ data: { task: { label: 'Search' } } })
  })
})

describe('steps that the agent announced', () => {
  test('INJ-40 a call takes the first pending step that names its tool, else the first open one', () => {
    const run = runReducer()
    run.push(start, startStep)
    run.push(
      announce(
        'm',
        { id: 'one', label: 'One', toolName: 'search' },
        { id: 'two', label: 'Two', toolName: 'search' },
      ),
    )
    run.push(inputStart('a'), inputStart('b'), inputStart('c'))
    expect(run.plan().tasks.map(({ id, toolCallId }) => [id, toolCallId])).toEqual([
      ['one', 'a'],
      ['two', 'b'],
    ])
    run.push(output('a'))
    expect(states(run.plan())).toEqual(['running', 'running'])
    run.push(output('b'), output('c'))
    expect(states(run.plan())).toEqual(['done', 'done'])
  })

  test('INJ-40 names are compared in their normal form', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { label: 'One', toolName: 'customers.list_people' }))
    run.push(inputStart('a', 'customers__list_people'))
    expect(run.plan().tasks).toMatchObject([{ label: 'One', state: 'running', toolCallId: 'a' }])
  })

  test('INJ-40 INJ-A10 an unmatched call makes a task of its own and leaves steps without a tool alone', () => {
    const run = runReducer()
    run.push(
      start,
      startStep,
      announce('m', { label: 'Think it over' }, { label: 'Two', toolName: 'weather' }),
    )
    run.push(inputStart('a'))
    expect(summary(run.plan())).toEqual(['agent-plan-1 pending', 'agent-plan-2 pending', 'a running'])
  })

  test('INJ-A10 with matchGeneric it takes the first pending step without a tool', () => {
    const run = runReducer({ matchGeneric: true })
    run.push(
      start,
      startStep,
      announce('m', { label: 'One', toolName: 'weather' }, { label: 'Two' }, { label: 'Three' }),
    )
    run.push(inputStart('a'))
    expect(summary(run.plan())).toEqual([
      'agent-plan-1 pending',
      'agent-plan-2 running',
      'agent-plan-3 pending',
    ])
  })

  test.each([
    ['failed tool-error', [output('a'), outputError('b')]],
    ['failed tool-error', [outputError('a'), output('b')]],
    ['done', [output('a'), { type: 'tool-output-denied', toolCallId: 'b' }]],
    [
      'skipped denied',
      [
        { type: 'tool-output-denied', toolCallId: 'a' },
        { type: 'tool-output-denied', toolCallId: 'b' },
      ],
    ],
  ])('INJ-A10 INJ-42 a step with two calls is open until both have ended, then %s', (end, chunks) => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { id: 's', label: 'One', toolName: 'search' }))
    run.push(inputStart('a'), inputStart('b'), chunks[0])
    expect(summary(run.plan())).toEqual(['s running'])
    run.push(chunks[1])
    expect(summary(run.plan())).toEqual([`s ${end}`])
  })

  test('INJ-42 a step is blocked when one call is and none runs', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { id: 's', label: 'One', toolName: 'search' }))
    run.push(inputAvailable('a'), inputAvailable('b'), request('a'))
    expect(summary(run.plan())).toEqual(['s running'])
    run.push(request('b'))
    expect(summary(run.plan())).toEqual(['s blocked approval'])
  })

  test('INJ-42 a call that comes after the step has ended makes a task of its own', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { id: 's', label: 'One', toolName: 'search' }))
    run.push(inputStart('a'), output('a'), inputStart('b'))
    expect(summary(run.plan())).toEqual(['s done', 'b running'])
  })

  test('INJ-41 a step keeps its id, label, detail and source when a call binds', () => {
    const run = runReducer({ label: () => 'Mapped', detail: ({ phase }) => phase })
    run.push(start, startStep, announce('m', { id: 's', label: 'One', detail: 'First', toolName: 'search' }))
    run.push(inputStart('a'), inputAvailable('a'))
    expect(run.plan().tasks).toMatchObject([
      { id: 's', label: 'One', detail: 'First', source: 'agent', toolCallId: 'a' },
    ])
  })

  test('INJ-80 the plan tool is known by its normal form and by further names, and its calls are no tasks', () => {
    const run = runReducer({ metaToolNames: ['mcp__agent__plan'] })
    run.push(
      start,
      startStep,
      inputAvailable('m', 'meta.update_task_plan', { tasks: [{ label: 'One' }] }),
      output('m'),
    )
    run.push(inputAvailable('n', 'mcp.agent.plan', { tasks: [{ label: 'Two' }] }))
    expect(run.plan().tasks.map(({ label }) => label)).toEqual(['Two'])
  })

  test('INJ-10 an announcement is a snapshot before its chunk', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('m', 'meta__update_task_plan'))
    const step = run.push(announce('m', { label: 'One' }))
    expect(told(step.before as never)).toEqual(['snapshot 1: agent-plan-1 pending'])
  })

  test('the options includeTools and excludeTools decide about tasks of our own only', () => {
    const run = runReducer({
      includeTools: ['customers__list', 'search'],
      excludeTools: (name) => name === 'search',
    })
    run.push(start, startStep, announce('m', { id: 's', label: 'One', toolName: 'search' }))
    run.push(
      inputStart('a', 'search'),
      inputStart('b', 'search2'),
      inputStart('c', 'customers.list'),
      output('a'),
      inputStart('d'),
    )
    expect(summary(run.plan())).toEqual(['s done', 'c running'])
  })
})

describe('announcing again', () => {
  const plan = (...labels: string[]) => labels.map((label) => ({ label }))

  test('INJ-A11 INJ-43 a call that runs ends its own step, and what is over keeps state and id', () => {
    const run = runReducer()
    run.push(start, startStep)
    run.push(
      announce(
        'm',
        { id: 'find', label: 'Find', toolName: 'search' },
        { id: 'look', label: 'Look', toolName: 'weather' },
      ),
    )
    run.push(inputStart('a'), output('a'), inputStart('b', 'weather'))
    run.push(
      announce('n', { id: 'look', label: 'Look closer', toolName: 'other' }, { id: 'more', label: 'More' }),
    )
    expect(told(run.added).at(-1)).toBe('snapshot 2: find done, look running, more pending')
    run.push(output('b'))
    expect(run.plan().tasks).toMatchObject([
      { id: 'find', state: 'done' },
      { id: 'look', label: 'Look closer', toolName: 'other', state: 'done' },
      { id: 'more', state: 'pending' },
    ])
  })

  test('INJ-A11 the same labels without ids keep their identity, however they are written', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', ...plan('Find people', 'Check weather')))
    run.push(announce('n', ...plan('check  WEATHER.', 'New step', 'Find people')))
    expect(run.plan().tasks.map(({ id, label }) => [id, label])).toEqual([
      ['agent-plan-2', 'check WEATHER.'],
      ['agent-plan-2-2', 'New step'],
      ['agent-plan-1', 'Find people'],
    ])
  })

  test('INJ-43 a name that was made up never finds an older step', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', ...plan('One')))
    run.push(announce('n', ...plan('Another')))
    expect(run.plan().tasks).toMatchObject([{ id: 'agent-plan-1', label: 'Another' }])
    expect(told(run.added).at(-1)).toBe('snapshot 2: agent-plan-1 pending')
  })

  test('INJ-A11 an equal announcement and one of bad entries only tell nothing', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', ...plan('One', 'Two')))
    const before = run.plan()
    run.push(announce('n', ...plan('One', 'Two')), announce('o', { label: '<think>' }, 7), announce('q'))
    expect(run.plan()).toEqual(before)
    expect(run.added).toHaveLength(1)
  })

  test('INJ-43 open tasks with calls in flight stay at the end, unmatched pending ones go', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { label: 'One', toolName: 'search' }, { label: 'Two' }))
    run.push(inputStart('a'), inputStart('b', 'other'), inputStart('c', 'third'), output('c'))
    run.push(announce('n', { label: 'Three' }))
    expect(summary(run.plan())).toEqual([
      'c done',
      'agent-plan-1-2 pending',
      'agent-plan-1 running',
      'b running',
    ])
  })

  test('INJ-44 a reported state counts for a step without tool and calls, with the reason reported', () => {
    const run = runReducer()
    run.push(
      start,
      startStep,
      announce(
        'm',
        { id: 'a', label: 'Read', state: 'running' },
        { id: 'b', label: 'Search', toolName: 'search', state: 'done' },
      ),
    )
    expect(summary(run.plan())).toEqual(['a running reported', 'b pending'])
    run.push(
      announce(
        'n',
        { id: 'a', label: 'Read', state: 'done' },
        { id: 'b', label: 'Search', toolName: 'search' },
      ),
    )
    run.push(
      announce(
        'o',
        { id: 'a', label: 'Read', state: 'pending' },
        { id: 'b', label: 'Search', toolName: 'search' },
      ),
    )
    expect(summary(run.plan())).toEqual(['a done reported', 'b pending'])
  })

  test('INJ-44 reported states are ignored with agentStates false', () => {
    const run = runReducer({ agentStates: false })
    run.push(start, startStep, announce('m', { label: 'Read', state: 'done' }))
    expect(summary(run.plan())).toEqual(['agent-plan-1 pending'])
  })

  test('INJ-45 the plan tool called without a plan changes nothing', () => {
    const run = runReducer()
    run.push(
      start,
      startStep,
      announce('m', { label: 'One' }),
      inputAvailable('n', 'meta__update_task_plan', 'nonsense'),
    )
    expect(told(run.added)).toEqual(['snapshot 1: agent-plan-1 pending'])
  })
})

describe('reset-step', () => {
  const reset = { type: 'reset-step' }

  test('INJ-33 INJ-A13 tasks of the step are gone, the plan is as before, and one snapshot with a higher version says so', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { id: 'one', label: 'One', toolName: 'search' }), finishStep)
    run.push(startStep, inputStart('a'), inputStart('b', 'other'), announce('n', { id: 'two', label: 'Two' }))
    const step = run.push(reset)
    expect(step.before).toEqual([])
    expect(told(step.after as never)).toEqual(['snapshot 3: one pending'])
  })

  test('INJ-A13 an empty plan is told too, if one was told before', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), reset)
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'snapshot 2: '])
    const quiet = runReducer()
    quiet.push(start, startStep, textStart, reset)
    expect(quiet.added).toEqual([])
  })

  test('INJ-33 late chunks of undone calls are ignored, and a new start begins afresh', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), reset, inputAvailable('a'), output('a'))
    expect(run.plan().tasks).toEqual([])
    run.push(inputStart('a'), inputAvailable('a'), output('a'))
    expect(summary(run.plan())).toEqual(['a done'])
  })

  test('INJ-33 calls from before the step keep what has happened to them since', () => {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'), finishStep, startStep, output('a'), inputStart('b'), reset)
    expect(told(run.added).at(-1)).toBe('snapshot 3: a done')
    run.push(outputError('a'))
    expect(summary(run.plan())).toEqual(['a done'])
  })

  test('INJ-33 without a start-step it goes back to the beginning', () => {
    const run = runReducer()
    run.push(start, inputStart('a'), reset)
    expect(run.plan().tasks).toEqual([])
  })
})

describe('where things go', () => {
  test('INJ-71 nothing stands before start, and a stream without one works the same', () => {
    const run = runReducer()
    run.push({ type: 'data-other', data: 1 }, startStep, inputStart('a'), output('a'), finish())
    expect(run.out.map((chunk) => (chunk as { type: string }).type)).toEqual([
      'data-other',
      'start-step',
      'data-agent-task-plan',
      'tool-input-start',
      'tool-output-available',
      'data-agent-task-update',
      'finish',
    ])
  })

  test('INJ-75 in a step without content a new part is a snapshot, and an old one an update', () => {
    const run = runReducer()
    run.push(start, startStep, inputAvailable('a'), inputAvailable('b'), finishStep, startStep)
    run.push(output('a'), { type: 'abort' })
    expect(told(run.added)).toEqual([
      'snapshot 1: a running',
      'update 1: b running',
      'snapshot 2: a done, b running',
      'update 2: b skipped aborted',
    ])
  })

  test('INJ-75 after finish-step the last step still counts, and content opens a new one', () => {
    const run = runReducer()
    run.push(start, startStep, inputAvailable('a'), finishStep, output('a'))
    run.push(startStep, textStart, { type: 'abort' })
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: a done'])
  })

  test('INJ-75 transient parts stay in no message, so they may stand alone', () => {
    const run = runReducer({ transient: true })
    run.push(start, startStep, inputAvailable('a'), finishStep, startStep, { type: 'abort' })
    expect(told(run.added)).toEqual(['snapshot 1: a running', 'update 1: a skipped aborted'])
    expect(run.added.map(({ transient }) => transient)).toEqual([true, true])
  })

  test('INJ-124 behind another injector with this plan it forwards and tells nothing', () => {
    const inner = runReducer()
    inner.push(start, startStep, inputStart('a'), output('a'), finish('stop'))
    const outer = runReducer()
    outer.push(...inner.out)
    expect(outer.out).toEqual(inner.out)
    const other = runReducer({ planId: 'q' })
    other.push(...inner.out)
    expect(states(foldedPlan(other.out, 'p'))).toEqual(['done'])
    expect(states(foldedPlan(other.out, 'q'))).toEqual(['done'])
  })

  test('INJ-13 the flat form has no data, id and version', () => {
    const run = runReducer({ format: 'flat' })
    run.push(start, startStep, inputStart('a'), output('a'))
    expect(run.added.map((chunk) => Object.keys(chunk))).toEqual([
      ['type', 'planId', 'tasks'],
      ['type', 'planId', 'task'],
    ])
    expect(states(foldedPlan([start, ...run.added.slice(0, 1)]))).toEqual(['running'])
  })
})

describe('options', () => {
  test.each(['', 'a/b', 'a b', ':a', 'a:', 'x'.repeat(257), 7])('INJ-12 %j is no id of a plan', (planId) => {
    expect(() => createTaskPlanReducer({ planId: planId as string })).toThrow(
      expect.objectContaining({ code: 'invalid-id' }),
    )
  })

  test('INJ-12 scope segments and an id are one, and without any each stream gets a new one', () => {
    expect(createTaskPlanReducer({ planId: 'session:42:turn~1' }).initial().planId).toBe('session:42:turn~1')
    const drawn = [createTaskPlanReducer(), createTaskPlanReducer()].map(
      (reducer) => reducer.initial().planId,
    )
    expect(new Set(drawn).size).toBe(2)
    expect(createTaskPlanReducer({ newId: () => 'mine' }).initial().planId).toBe('mine')
  })

  test.each([
    { maxTasks: 0 },
    { maxTasks: 'x' },
    { format: 'xml' },
    { onPlan: 1 },
    { transient: 'yes' },
    { flushTimeoutMs: -1 },
  ])('INJ-121 wrong options such as %j throw at once', (options) => {
    expect(() => createTaskPlanReducer(options as object)).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
  })
})
