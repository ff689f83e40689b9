import type { SettleCause } from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import {
  announce,
  finish,
  inputAvailable,
  inputStart,
  output,
  runReducer,
  start,
  startStep,
  summary,
  textStart,
  told,
} from './run-reducer.ts'

/** A running call with input, one without, one by the provider, one blocked, pending steps with and without a tool. */
function busyRun(options = {}) {
  const run = runReducer(options)
  run.push(start, startStep)
  run.push(announce('m', { id: 'tool', label: 'One', toolName: 'later' }, { id: 'plain', label: 'Two' }))
  run.push(
    inputAvailable('full'),
    inputStart('part'),
    inputAvailable('far', 'web', {}, { providerExecuted: true }),
  )
  run.push(inputAvailable('asked'), { type: 'tool-approval-request', toolCallId: 'asked', approvalId: 'x' })
  return run
}

const failedBy = (reason: string) => [
  'tool skipped not-started',
  'plain skipped not-reported',
  `full failed ${reason}`,
  `part failed ${reason}`,
  `far failed ${reason}`,
  'asked blocked approval',
]
const paused = [
  'tool pending',
  'plain pending',
  'full blocked client',
  'part failed incomplete-input',
  'far blocked provider',
  'asked blocked approval',
]
const skippedBy = (reason: string, asked: string) => [
  `tool skipped ${reason}`,
  `plain skipped ${reason}`,
  `full skipped ${reason}`,
  `part skipped ${reason}`,
  `far skipped ${reason}`,
  asked,
]

describe('INJ-A12 INJ-50 what each end makes of what is open', () => {
  test.each([
    ['tool-calls', paused],
    ['stop', failedBy('no-result')],
    ['other', failedBy('no-result')],
    ['unknown', failedBy('no-result')],
    ['a-new-reason', failedBy('no-result')],
    ['length', failedBy('length')],
    ['content-filter', failedBy('content-filter')],
    ['interrupted', failedBy('interrupted')],
    ['error', failedBy('error')],
    [undefined, paused],
  ])('finish %s', (reason, expected) => {
    const run = busyRun()
    run.push(finish(reason))
    expect(summary(run.plan())).toEqual(expected)
  })

  test('finish without a reason and without a call that waits', () => {
    const run = runReducer()
    run.push(start, startStep, announce('m', { label: 'One' }), inputStart('part'), finish())
    expect(summary(run.plan())).toEqual(['agent-plan-1 skipped not-reported', 'part failed no-result'])
  })

  test('finish without a reason while a tool that is left out waits', () => {
    const run = runReducer({ excludeTools: ['askUser'] })
    run.push(start, startStep, announce('m', { label: 'One' }), inputAvailable('q', 'askUser'), finish())
    expect(summary(run.plan())).toEqual(['agent-plan-1 pending'])
  })

  test.each([
    [{ type: 'error', errorText: 'secret' }, failedBy('error')],
    [{ type: 'abort' }, skippedBy('aborted', 'asked skipped aborted')],
  ])('the chunk %j', (chunk, expected) => {
    const run = busyRun()
    run.push(chunk)
    expect(summary(run.plan())).toEqual(expected)
  })

  test.each<[SettleCause, string[]]>([
    ['closed', failedBy('no-result')],
    ['truncated', failedBy('disconnected')],
    ['failed', failedBy('disconnected')],
    ['cancelled', skippedBy('cancelled', 'asked blocked approval')],
  ])('the end %s', (cause, expected) => {
    const run = busyRun()
    run.settle(cause)
    expect(summary(run.plan())).toEqual(expected)
  })

  test('after any of them no task is running, and none became done by it', () => {
    const ends = [finish('stop'), finish('tool-calls'), finish(), { type: 'abort' }, { type: 'error' }]
    for (const end of ends) {
      const run = busyRun()
      run.push(end)
      expect(run.plan().tasks.filter(({ state }) => state === 'running' || state === 'done')).toEqual([])
    }
  })
})

test('INJ-51 it is told before the chunk that ends the message', () => {
  for (const end of [finish('stop'), { type: 'abort' }, { type: 'error' }]) {
    const run = runReducer()
    run.push(start, startStep, inputStart('a'))
    expect(run.push(end)).toMatchObject({ before: [{ type: 'data-agent-task-update' }], after: [] })
  }
})

test('INJ-51 a later end settles only what has opened since', () => {
  const run = runReducer()
  run.push(start, startStep, inputAvailable('a'), finish('tool-calls'))
  run.push(inputAvailable('b'))
  run.settle('closed')
  expect(summary(run.plan())).toEqual(['a blocked client', 'b failed no-result'])
  const before = run.state()
  expect(run.settle('truncated').state).toBe(before)
})

test('INJ-51 what stayed is settled again once a chunk has changed it', () => {
  const run = runReducer()
  run.push(start, startStep, inputAvailable('a'), finish('tool-calls'), output('a', 1, { preliminary: true }))
  run.settle('closed')
  expect(summary(run.plan())).toEqual(['a failed no-result'])
})

test('INJ-44 a step reported running counts as pending when the stream ends', () => {
  const skipped = runReducer()
  skipped.push(start, startStep, announce('m', { label: 'Read', state: 'running' }), finish('stop'))
  expect(summary(skipped.plan())).toEqual(['agent-plan-1 skipped not-reported'])
  const kept = runReducer()
  kept.push(start, startStep, announce('m', { label: 'Read', state: 'running' }), finish('tool-calls'))
  expect(summary(kept.plan())).toEqual(['agent-plan-1 pending'])
  expect(kept.plan().tasks[0]).not.toHaveProperty('startedAt')
})

describe('the step of the answer', () => {
  const answer = (options: object, ...chunks: unknown[]) => {
    const run = runReducer(options)
    run.push(
      start,
      startStep,
      announce('m', { label: 'Look' }, { label: 'Answer' }, { label: 'More', toolName: 'x' }),
    )
    run.push({ type: 'finish-step' }, startStep, ...chunks)
    return summary(run.plan())
  }

  test('INJ-52 with completeAnswerStep the last one without a tool is done when the last step was text', () => {
    expect(answer({ completeAnswerStep: true }, textStart, finish('stop'))).toEqual([
      'agent-plan-1 skipped not-reported',
      'agent-plan-2 done',
      'agent-plan-3 skipped not-started',
    ])
  })

  test('INJ-52 not after a tool call, not after another reason, not without the option', () => {
    const skipped = 'agent-plan-2 skipped not-reported'
    expect(
      answer({ completeAnswerStep: true }, textStart, inputStart('a'), output('a'), finish('stop')),
    ).toContain(skipped)
    expect(answer({ completeAnswerStep: true }, textStart, finish('length'))).toContain(skipped)
    expect(answer({}, textStart, finish('stop'))).toContain(skipped)
  })
})

test('INJ-10 several tasks that end together are one update each', () => {
  const run = runReducer()
  run.push(start, startStep, inputStart('a'), inputStart('b'), finish('stop'))
  expect(told(run.added)).toEqual([
    'snapshot 1: a running',
    'update 1: b running',
    'update 1: a failed no-result',
    'update 1: b failed no-result',
  ])
})
