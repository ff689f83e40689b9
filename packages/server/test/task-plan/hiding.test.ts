import { describe, expect, test } from 'vitest'
import { chunksOf, fixtures } from './fixtures.ts'
import {
  announce,
  finish,
  finishStep,
  inputAvailable,
  inputStart,
  output,
  runReducer,
  start,
  startStep,
  summary,
  textStart,
  type AnyChunk,
} from './run-reducer.ts'

const types = (chunks: readonly unknown[]) =>
  (chunks as readonly AnyChunk[]).map(({ type }) => type.replace('data-agent-task-', ''))
const metadata = { type: 'message-metadata', messageMetadata: { a: 1 } }

describe('the plan tool hidden', () => {
  test.each(fixtures.filter(({ number }) => number === '25').map((each) => [each.name, each] as const))(
    'INJ-A4 INJ-93 nothing of its calls remains of %s',
    (_, recorded) => {
      const run = runReducer({ hideMetaTool: true })
      run.push(...chunksOf(recorded.bytes))
      run.settle('closed')
      const text = JSON.stringify(run.out)
      expect(text).not.toContain('meta')
      expect(text).not.toContain('"call-0"')
      expect(summary(run.plan())).toEqual([
        'find done',
        'agent-plan-2 done',
        'agent-plan-3 skipped not-reported',
        'call-3 done',
      ])
    },
  )

  test('INJ-93 every chunk of its calls goes, those of others stay', () => {
    const run = runReducer({ hideMetaTool: true })
    const ofMeta = [
      inputStart('m', 'meta__update_task_plan'),
      { type: 'tool-input-delta', toolCallId: 'm', inputTextDelta: '{' },
      announce('m', { label: 'One' }),
      { type: 'tool-approval-request', toolCallId: 'm', approvalId: 'x' },
      { type: 'tool-approval-response', approvalId: 'x', approved: true },
      output('m'),
      { type: 'tool-output-error', toolCallId: 'm', errorText: 'no' },
      { type: 'tool-output-denied', toolCallId: 'm' },
      { type: 'tool-input-error', toolCallId: 'n', toolName: 'meta__update_task_plan', errorText: 'no' },
      output('n'),
    ]
    run.push(start, startStep, textStart, inputStart('a'), ...ofMeta, output('a'))
    expect(types(run.out)).toEqual([
      'start',
      'start-step',
      'text-start',
      'plan',
      'tool-input-start',
      'plan',
      'tool-output-available',
      'update',
    ])
  })

  test('INJ-93 without the option everything passes', () => {
    const run = runReducer()
    const chunks = [
      start,
      startStep,
      announce('m', { label: 'One' }),
      output('m'),
      finishStep,
      finish('stop'),
    ]
    run.push(...chunks)
    expect(run.out.filter((chunk) => !(chunk as AnyChunk).type.startsWith('data-'))).toEqual(chunks)
  })

  test('INJ-94 a step that is left without content joins the next one', () => {
    const run = runReducer({ hideMetaTool: true })
    run.push(start, startStep, announce('m', { label: 'One', toolName: 'search' }), output('m'), finishStep)
    expect(types(run.out)).toEqual(['start', 'start-step', 'plan'])
    run.push(metadata)
    expect(types(run.out)).toHaveLength(3)
    run.push(startStep, inputStart('a'))
    expect(types(run.out)).toEqual([
      'start',
      'start-step',
      'plan',
      'message-metadata',
      'update',
      'tool-input-start',
    ])
  })

  test('INJ-94 anything but a step that follows lets both go on unchanged', () => {
    const run = runReducer({ hideMetaTool: true })
    run.push(start, startStep, announce('m', { label: 'One' }), finishStep, metadata, finish('stop'))
    expect(types(run.out)).toEqual([
      'start',
      'start-step',
      'plan',
      'finish-step',
      'message-metadata',
      'plan',
      'finish',
    ])
  })

  test.each([['closed'], ['truncated']] as const)(
    'INJ-94 the end %s lets them go, before what it settles',
    (cause) => {
      const run = runReducer({ hideMetaTool: true })
      run.push(start, startStep, announce('m', { label: 'One' }), finishStep, metadata)
      run.settle(cause)
      expect(types(run.out)).toEqual([
        'start',
        'start-step',
        'plan',
        'finish-step',
        'message-metadata',
        'plan',
      ])
    },
  )

  test('INJ-94 what is no chunk goes behind what was held', () => {
    const run = runReducer({ hideMetaTool: true })
    run.push(start, startStep, announce('m', { label: 'One' }), finishStep, null)
    expect(run.out.slice(-2)).toEqual([finishStep, null])
  })

  test('INJ-94 a late chunk of the hidden call is not what it waits for', () => {
    const run = runReducer({ hideMetaTool: true })
    run.push(start, startStep, announce('m', { label: 'One' }), finishStep, output('m'), startStep, textStart)
    expect(types(run.out)).toEqual(['start', 'start-step', 'plan', 'text-start'])
  })

  test('INJ-94 a step with content is left alone, and so is every step of transient parts', () => {
    const chunks = [start, startStep, textStart, announce('m', { label: 'One' }), finishStep]
    const run = runReducer({ hideMetaTool: true })
    run.push(...chunks)
    expect(types(run.out).at(-1)).toBe('finish-step')
    const transient = runReducer({ hideMetaTool: true, transient: true })
    transient.push(start, startStep, announce('m', { label: 'One' }), finishStep)
    expect(types(transient.out).at(-1)).toBe('finish-step')
  })

  test('INJ-93 late chunks of a hidden call that was undone stay hidden', () => {
    const run = runReducer({ hideMetaTool: true })
    run.push(start, startStep, inputStart('m', 'meta__update_task_plan'), { type: 'reset-step' })
    run.push(announce('m', { label: 'One' }), output('m'))
    expect(types(run.out)).toEqual(['start', 'start-step', 'reset-step'])
  })

  test('INJ-93 a call of the plan tool that the message already shows is not hidden half-way', () => {
    const run = runReducer({ hideMetaTool: true })
    const part = {
      type: 'tool-meta__update_task_plan',
      toolCallId: 'm',
      state: 'input-available',
      input: { tasks: [{ label: 'One' }] },
    }
    run.seed([{ role: 'assistant', parts: [part] }])
    run.push(start, output('m'), startStep, inputAvailable('a'))
    expect(types(run.out)).toContain('tool-output-available')
  })
})
