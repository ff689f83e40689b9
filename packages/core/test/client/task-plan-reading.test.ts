import { taskPlanDataSchemas, type TaskPlan, type TaskPlanChunk, type TaskPlanTask } from '@crux/core'
import { createTaskPlanReader, readTaskPlan, readTaskPlans } from '@crux/core/client'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 500)

const task = (id: string, state: TaskPlanTask['state'] = 'running'): TaskPlanTask => ({
  id,
  label: id.toUpperCase(),
  state,
  source: 'runtime',
})
const snapshot = (version: number, tasks: readonly TaskPlanTask[], planId = 'p'): TaskPlanChunk => ({
  type: 'data-agent-task-plan',
  id: planId,
  data: { planId, version, tasks },
})
const update = (version: number, changed: TaskPlanTask, planId = 'p'): TaskPlanChunk => ({
  type: 'data-agent-task-update',
  id: `${planId}:${changed.id}`,
  data: { planId, version, task: changed },
})
const states = (plan: TaskPlan | undefined) => plan?.tasks.map(({ id, state }) => `${id} ${state}`)

describe('a plan in the parts of a message', () => {
  test('INJ-130 the snapshot with the highest version counts, wherever it stands', () => {
    expect(states(readTaskPlan([snapshot(2, [task('b')]), snapshot(1, [task('a')])]))).toEqual(['b running'])
  })

  test('INJ-130 an update counts with exactly the version of the snapshot', () => {
    const parts = [
      snapshot(2, [task('a'), task('b')]),
      update(1, task('a', 'failed')),
      update(2, task('b', 'done')),
      update(3, task('a', 'skipped')),
    ]
    expect(states(readTaskPlan(parts))).toEqual(['a running', 'b done'])
  })

  test('INJ-130 an update replaces the task with its id, and a new one is appended in part order', () => {
    const parts = [
      snapshot(1, [task('a')]),
      update(1, task('c')),
      update(1, task('b')),
      update(1, task('a', 'done')),
    ]
    expect(states(readTaskPlan(parts))).toEqual(['a done', 'c running', 'b running'])
  })

  test('INJ-130 an update may stand before its snapshot, because parts keep their first place', () => {
    expect(states(readTaskPlan([update(2, task('a', 'done')), snapshot(2, [task('a')])]))).toEqual(['a done'])
  })

  test('INJ-130 without a snapshot there is no plan', () => {
    expect(readTaskPlan([update(1, task('a'))])).toBeUndefined()
    expect(readTaskPlan([])).toBeUndefined()
  })

  test('INJ-130 the last plan is given by default, another by its id, all of them in order', () => {
    const parts = [
      snapshot(1, [task('a')], 'p'),
      snapshot(1, [task('b')], 'q'),
      update(1, task('a', 'done'), 'p'),
    ]
    expect(readTaskPlan(parts)?.planId).toBe('q')
    expect(states(readTaskPlan(parts, 'p'))).toEqual(['a done'])
    expect(readTaskPlan(parts, 'r')).toBeUndefined()
    expect(readTaskPlans(parts).map(({ planId }) => planId)).toEqual(['p', 'q'])
  })

  test('INJ-13 the flat form is read: the last plan, then its updates, and what is over stays', () => {
    const flat = [
      { type: 'data-agent-task-plan', planId: 'p', tasks: [task('x')] },
      { type: 'data-agent-task-plan', planId: 'p', tasks: [task('a'), task('b')] },
      { type: 'data-agent-task-update', planId: 'p', task: task('a', 'done') },
      { type: 'data-agent-task-update', planId: 'p', task: task('a', 'running') },
      { type: 'data-agent-task-update', planId: 'p', task: task('c') },
    ]
    expect(states(readTaskPlan(flat))).toEqual(['a done', 'b running', 'c running'])
  })

  test('INJ-131 a task keeps only what has the right type', () => {
    const odd = { ...task('a'), state: 'sleeping', source: 7, detail: 1, startedAt: '1', extra: true }
    const parts = [
      {
        type: 'data-agent-task-plan',
        id: 'p',
        data: { planId: 'p', version: 1, tasks: [odd, { id: 'b' }, 3] },
      },
    ]
    expect(readTaskPlan(parts)).toEqual({
      planId: 'p',
      version: 1,
      tasks: [{ id: 'a', label: 'A', state: 'pending', source: 'runtime' }],
    })
  })

  test('INJ-A15 rubbish in the place of a plan never throws and never becomes a task without id or label', () => {
    const anything = fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 4 })
    const part = fc.oneof(
      anything,
      fc.record({
        type: fc.constantFrom('data-agent-task-plan', 'data-agent-task-update'),
        data: fc.oneof(
          anything,
          fc.record(
            {
              planId: fc.constantFrom('p', '', 1),
              version: fc.oneof(fc.nat(3), anything),
              tasks: fc.array(anything),
            },
            { requiredKeys: [] },
          ),
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const reader = createTaskPlanReader()
        for (const each of parts) reader.push(each)
        for (const plan of readTaskPlans(parts)) {
          for (const { id, label } of plan.tasks) expect([id, label]).not.toContain('')
        }
      }),
      { numRuns },
    )
    expect(readTaskPlan('rubbish' as never)).toBeUndefined()
  })
})

describe('a plan as it comes in', () => {
  test('INJ-132 each part gives the plan as it then stands, and other parts nothing', () => {
    const reader = createTaskPlanReader()
    expect(reader.push({ type: 'text-delta', id: 't', delta: 'x' })).toBeUndefined()
    expect(reader.push(update(1, task('a')))).toBeUndefined()
    expect(states(reader.push(snapshot(1, [task('a')])))).toEqual(['a running'])
    expect(states(reader.push(update(1, task('b'))))).toEqual(['a running', 'b running'])
    expect(states(reader.push(snapshot(2, [task('b')])))).toEqual(['b running'])
  })

  test('INJ-132 what changes nothing gives the same object', () => {
    const reader = createTaskPlanReader()
    reader.push(snapshot(1, [task('a')]))
    const done = reader.push(update(1, task('a', 'done')))
    expect(reader.push(update(1, task('a')))).toBe(done)
    expect(reader.push(snapshot(1, [task('a')]))).toBe(done)
    expect(reader.push(update(7, task('a', 'failed')))).toBe(done)
  })

  test('INJ-132 an older snapshot is ignored', () => {
    const reader = createTaskPlanReader()
    reader.push(snapshot(3, [task('a')]))
    expect(states(reader.push(snapshot(2, [task('z')])))).toEqual(['a running'])
  })

  test('INJ-132 a replay of the whole stream ends where it ended before', () => {
    const chunks = [
      snapshot(1, [task('a')]),
      update(1, task('b')),
      update(1, task('a', 'done')),
      snapshot(2, [task('a', 'done'), task('c', 'pending')]),
      update(2, task('c', 'skipped')),
    ]
    const reader = createTaskPlanReader()
    const ends = [...chunks, ...chunks].map((chunk) => reader.push(chunk))
    expect(ends.at(-1)).toEqual(ends[chunks.length - 1])
    expect(states(ends.at(-1))).toEqual(['a done', 'c skipped'])
  })

  test('INJ-132 plans are kept apart by their id', () => {
    const reader = createTaskPlanReader()
    reader.push(snapshot(1, [task('a')], 'p'))
    reader.push(snapshot(1, [task('b')], 'q'))
    expect(states(reader.push(update(1, task('a', 'done'), 'p')))).toEqual(['a done'])
  })
})

test('INJ-134 the schemas of the two data parts follow Standard Schema and refuse what is no plan', () => {
  const plan = taskPlanDataSchemas['agent-task-plan']['~standard']
  const change = taskPlanDataSchemas['agent-task-update']['~standard']
  const data = { planId: 'p', version: 1, tasks: [task('a')] }
  expect(plan.validate(data)).toEqual({ value: data })
  expect(plan.validate({ planId: 'p' })).toEqual({ issues: [{ message: 'is no task plan' }] })
  expect(change.validate({ planId: 'p', version: 1, task: task('a') })).toEqual({
    value: { planId: 'p', version: 1, task: task('a') },
  })
  expect(change.validate(null)).toEqual({ issues: [{ message: 'is no update of a task plan' }] })
})
