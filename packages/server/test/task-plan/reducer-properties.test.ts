import { createTaskPlanReader, readTaskPlan } from '@crux/core/client'
import { createTaskPlanReducer, sanitizeTaskPlanInput, type TaskPlanOptions } from '@crux/server/task-plan'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planParts, runReducer } from './run-reducer.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 300)

const callId = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'x y')
const toolName = fc.constantFrom('search', 'weather', 'customers__list', 'meta__update_task_plan')
const entry = fc.record(
  {
    id: fc.constantFrom('one', 'two', 'a'),
    label: fc.constantFrom('One', 'Two', 'Three', '<think>', 'one.'),
    toolName,
    state: fc.constantFrom('pending', 'running', 'done', 'failed', 'skipped'),
  },
  { requiredKeys: ['label'] },
)
const chunk = fc.oneof(
  fc.constantFrom(
    { type: 'start' },
    { type: 'start-step' },
    { type: 'finish-step' },
    { type: 'text-start', id: 't' },
    { type: 'text-delta', id: 't', delta: 'x' },
    { type: 'message-metadata', messageMetadata: {} },
    { type: 'data-other', data: 1 },
    { type: 'abort' },
    { type: 'error', errorText: 'x' },
  ),
  fc.record({
    type: fc.constant('finish'),
    finishReason: fc.constantFrom('stop', 'tool-calls', 'length', undefined),
  }),
  fc.record({ type: fc.constant('tool-input-start'), toolCallId: callId, toolName }),
  fc.record({
    type: fc.constantFrom('tool-input-available', 'tool-input-error'),
    toolCallId: callId,
    toolName,
    input: fc.record({ tasks: fc.array(entry, { maxLength: 4 }) }),
  }),
  fc.record({
    type: fc.constant('tool-output-available'),
    toolCallId: callId,
    preliminary: fc.boolean(),
    output: fc.nat(),
  }),
  fc.record({
    type: fc.constantFrom('tool-output-error', 'tool-output-denied', 'tool-input-delta'),
    toolCallId: callId,
  }),
  fc.record({
    type: fc.constant('tool-approval-request'),
    toolCallId: callId,
    approvalId: callId,
    isAutomatic: fc.boolean(),
  }),
  fc.record({ type: fc.constant('tool-approval-response'), approvalId: callId, approved: fc.boolean() }),
)
const chunks = fc.array(chunk, { maxLength: 40 })
/** Each an object of its own, by which it is known again. */
const withResets = fc
  .array(fc.oneof({ weight: 12, arbitrary: chunk }, fc.constant({ type: 'reset-step' })), { maxLength: 40 })
  .map((stream) => stream.map((each) => ({ ...each })))
const cause = fc.constantFrom(
  'closed' as const,
  'truncated' as const,
  'failed' as const,
  'cancelled' as const,
)
const options: fc.Arbitrary<TaskPlanOptions> = fc.record(
  {
    hideMetaTool: fc.boolean(),
    matchGeneric: fc.boolean(),
    completeAnswerStep: fc.boolean(),
    transient: fc.boolean(),
    detail: fc.constant(({ output }: { output?: unknown }) =>
      typeof output === 'number' ? `At ${output}` : undefined,
    ),
  },
  { requiredKeys: [] },
)

test('INJ-A15 what a client folds out of the parts of its message is the plan of the reducer', () => {
  fc.assert(
    fc.property(withResets, cause, options, (stream, end, given) => {
      const run = runReducer(given)
      for (const each of stream) run.push(each)
      run.settle(end)
      const told = run.added.length > 0 ? run.plan() : undefined
      expect(withoutTimes(readTaskPlan(planParts(run.out)))).toEqual(withoutTimes(told))
    }),
    { numRuns },
  )
})

test('INJ-A15 INJ-132 replaying a prefix of what was told changes no task that is over, a whole replay nothing', () => {
  fc.assert(
    fc.property(chunks, cause, fc.nat(), (stream, end, cut) => {
      const run = runReducer()
      for (const each of stream) run.push(each)
      run.settle(end)
      const reader = createTaskPlanReader()
      const read = (parts: readonly unknown[]) => parts.map((part) => reader.push(part)).at(-1)
      const first = read(run.added)
      if (!first) return
      const over = first.tasks.filter(({ state }) => state !== 'pending' && state !== 'blocked')
      expect(read(run.added.slice(0, 1 + (cut % run.added.length)))?.tasks).toEqual(
        expect.arrayContaining(over),
      )
      expect(read(run.added)).toEqual(first)
    }),
    { numRuns },
  )
})

test('INJ-1 INJ-11 the same stream gives the same bytes, and an older state can go on again', () => {
  fc.assert(
    fc.property(withResets, options, (stream, given) => {
      const reducer = createTaskPlanReducer({ planId: 'p', ...given })
      const steps = (from: ReturnType<typeof reducer.initial>, rest: readonly unknown[]) => {
        let state = from
        return rest.map((each, index) => {
          const step = reducer.reduce(state, each, index)
          state = step.state
          return step
        })
      }
      const first = steps(reducer.initial(), stream)
      const second = steps(reducer.initial(), stream)
      expect(JSON.stringify(second)).toBe(JSON.stringify(first))
    }),
    { numRuns },
  )
})

test('INJ-14 INJ-50 INJ-10 no task leaves its end, none runs after settlement, and ids are unique', () => {
  fc.assert(
    fc.property(chunks, cause, options, (stream, end, given) => {
      const run = runReducer(given)
      const ended = new Map<string, string>()
      const check = () => {
        const { tasks } = run.plan()
        expect(new Set(tasks.map(({ id }) => id)).size).toBe(tasks.length)
        for (const { id, state } of tasks) {
          expect(state).toBe(ended.get(id) ?? state)
          if (state === 'done' || state === 'failed' || state === 'skipped') ended.set(id, state)
        }
      }
      for (const each of stream) {
        run.push(each)
        check()
      }
      run.settle(end)
      check()
      expect(run.plan().tasks.filter(({ state }) => state === 'running')).toEqual([])
    }),
    { numRuns },
  )
})

test('INJ-70 INJ-93 originals keep their order, and only chunks of hidden calls and joined steps are missing', () => {
  fc.assert(
    fc.property(withResets, options, (stream, given) => {
      const run = runReducer(given)
      for (const each of stream) run.push(each)
      run.settle('closed')
      const originals = run.out.filter((each) => (stream as unknown[]).includes(each))
      const isMissing = (each: unknown) => !originals.includes(each)
      expect(stream.filter((each) => !isMissing(each))).toEqual(originals)
      const missing = stream.filter(isMissing).map(({ type }) => type)
      const mayBeMissing = given.hideMetaTool ? /^(tool-|start-step$|finish-step$)/ : /^$/
      expect(missing.filter((type) => !mayBeMissing.test(type))).toEqual([])
    }),
    { numRuns },
  )
})

test('INJ-A25 REL-20 whatever a chunk is, nothing throws and it passes', () => {
  const wild = fc.oneof(
    chunk,
    fc.anything({ withBigInt: true, withNullPrototype: true, maxDepth: 3 }),
    fc.record({
      type: fc.constantFrom(
        'tool-input-start',
        'tool-input-available',
        'tool-output-available',
        'finish',
        'data-agent-task-plan',
      ),
      toolCallId: fc.anything(),
      toolName: fc.anything(),
      input: fc.anything(),
      data: fc.anything(),
    }),
  )
  fc.assert(
    fc.property(fc.array(wild, { maxLength: 12 }), fc.anything(), (stream, messages) => {
      const errors: unknown[] = []
      const run = runReducer({ onError: (error) => errors.push(error) })
      run.seed(messages)
      for (const each of stream) expect(run.push(each).original).toBe('forward')
      run.settle('closed')
      expect(errors).toEqual([])
      JSON.stringify(run.added)
    }),
    { numRuns },
  )
})

test('INJ-A25 REL-20 INJ-83 whatever the plan tool is given, every task that is kept has an id and a label', () => {
  const anyEntry = fc.oneof(
    fc.anything(),
    fc.record(
      {
        id: fc.anything(),
        label: fc.oneof(fc.string({ unit: 'binary' }), fc.anything()),
        detail: fc.string({ unit: 'binary' }),
        toolName: fc.anything(),
        state: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ tasks: fc.array(anyEntry) }), fc.json()), (input) => {
      for (const { id, label, detail = '' } of sanitizeTaskPlanInput(input).tasks) {
        expect(id).toMatch(/^[A-Za-z0-9_.~-]{1,84}$/)
        expect(label).toMatch(/^\S(?:.*\S)?$/u)
        expect(label.length).toBeLessThanOrEqual(80)
        expect(detail.length).toBeLessThanOrEqual(160)
        expect((label + detail).isWellFormed()).toBe(true)
      }
    }),
    { numRuns },
  )
  expect(Object.keys(Object.prototype)).toEqual([])
})

/** Times alone are no reason to tell anything (INJ-14). */
function withoutTimes(plan: ReturnType<typeof readTaskPlan>) {
  return plan && { ...plan, tasks: plan.tasks.map(({ startedAt: _, endedAt: __, ...task }) => task) }
}
