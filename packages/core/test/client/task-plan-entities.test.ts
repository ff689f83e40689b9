import type { Task, TaskPlan, TaskPlanTask } from '@crux/core'
import { firstTaskPlanRevision, taskPlanToEntities, taskPlanToParts } from '@crux/core/task-plan'
import { expect, test } from 'vitest'

const task = (id: string, fields: Partial<TaskPlanTask> = {}): TaskPlanTask => ({
  id,
  label: id.toUpperCase(),
  state: 'running',
  source: 'runtime',
  ...fields,
})
const plan = (...tasks: TaskPlanTask[]): TaskPlan => ({ planId: 's:p', version: 1, tasks })

test('INJ-141 a plan is a task list with its id, tasks first', () => {
  const { changes } = taskPlanToEntities(
    plan(task('a', { detail: 'Looking', toolName: 'search', toolCallId: 'c1', startedAt: 5 })),
    undefined,
    10,
  )
  expect(changes).toEqual([
    {
      entity: 'task',
      key: 's:p/a',
      event: 'added',
      value: {
        id: 'a',
        taskListId: 's:p',
        label: 'A',
        description: 'Looking',
        status: 'in_progress',
        position: 1,
        attempt: 1,
        metadata: { source: 'runtime', toolName: 'search', toolCallId: 'c1' },
        createdAt: 10,
        updatedAt: 10,
        startedAt: 5,
      },
    },
    {
      entity: 'tasklist',
      key: 's:p',
      event: 'created',
      value: {
        id: 's:p',
        status: 'in_progress',
        counts: { pending: 0, in_progress: 1, completed: 0, failed: 0, skipped: 0, cancelled: 0 },
        lastPosition: 1,
        metadata: { source: 'task-plan' },
        createdAt: 10,
        updatedAt: 10,
        startedAt: 10,
      },
    },
  ])
})

test.each<[Partial<TaskPlanTask>, Partial<Task>]>([
  [{ state: 'pending' }, { status: 'pending' }],
  [{ state: 'running' }, { status: 'in_progress' }],
  [
    { state: 'blocked', reason: 'client' },
    { status: 'in_progress', reason: 'client', metadata: { state: 'blocked', source: 'runtime' } },
  ],
  [
    { state: 'done', startedAt: 3, endedAt: 8 },
    { status: 'completed', startedAt: 3, endedAt: 8, durationMs: 5 },
  ],
  [
    { state: 'failed', reason: 'tool-error' },
    { status: 'failed', reason: 'tool-error' },
  ],
  [{ state: 'skipped', reason: 'aborted' }, { status: 'cancelled' }],
  [{ state: 'skipped', reason: 'cancelled' }, { status: 'cancelled' }],
  [{ state: 'skipped', reason: 'denied' }, { status: 'skipped' }],
])('INJ-141 the state %j is the status %j', (fields, expected) => {
  const { entities } = taskPlanToEntities(plan(task('a', fields)), undefined, 10)
  expect(entities.tasks.get('a')).toMatchObject(expected)
})

test('INJ-141 a plan that says the same again changes nothing, and a detail alone leaves the list', () => {
  const first = taskPlanToEntities(plan(task('a')), undefined, 10)
  expect(taskPlanToEntities(plan(task('a')), first.entities, 20).changes).toEqual([])
  const second = taskPlanToEntities(plan(task('a', { detail: 'more' })), first.entities, 20)
  expect(second.changes.map(({ key, event }) => `${key} ${event}`)).toEqual(['s:p/a updated'])
  expect(second.entities.tasks.get('a')).toMatchObject({ createdAt: 10, updatedAt: 20 })
})

test('INJ-141 the list is completed when its last task is', () => {
  const first = taskPlanToEntities(plan(task('a')), undefined, 10)
  const { changes } = taskPlanToEntities(plan(task('a', { state: 'done' })), first.entities, 20)
  expect(changes.map(({ key, event }) => `${key} ${event}`)).toEqual(['s:p/a completed', 's:p completed'])
})

test('INJ-141 a task that left the plan is removed softly and comes back when its id does', () => {
  const first = taskPlanToEntities(plan(task('a'), task('b')), undefined, 10)
  const second = taskPlanToEntities(plan(task('b')), first.entities, 20)
  expect(second.changes.map(({ key, event }) => `${key} ${event}`)).toEqual([
    's:p/a removed',
    's:p/b updated',
    's:p updated',
  ])
  expect(second.entities.tasks.get('a')?.removedAt).toBe(20)
  const third = taskPlanToEntities(plan(task('a'), task('b')), second.entities, 30)
  expect(third.entities.tasks.get('a')).not.toHaveProperty('removedAt')
  expect(third.entities.tasks.get('a')).toMatchObject({ createdAt: 10, position: 1 })
})

test('INJ-141 ids that are no keys, from a browser for instance, make no entities', () => {
  expect(taskPlanToEntities({ ...plan(task('a')), planId: 'a/b' }, undefined, 10).changes).toEqual([])
  const { changes } = taskPlanToEntities(plan(task('a/b'), task('c')), undefined, 10)
  expect(changes.map(({ key }) => key)).toEqual(['s:p/c', 's:p'])
})

test('INJ-133 the parts of a plan have revisions below zero', () => {
  const first = taskPlanToParts(plan(task('a')), {
    before: undefined,
    now: 10,
    revision: firstTaskPlanRevision,
  })
  expect(first.parts.map(({ entity, key, revision }) => ({ entity, key, revision }))).toEqual([
    { entity: 'task', key: 's:p/a', revision: Number.MIN_SAFE_INTEGER },
    { entity: 'tasklist', key: 's:p', revision: Number.MIN_SAFE_INTEGER },
  ])
  const { parts } = taskPlanToParts(plan(task('a', { state: 'done' })), {
    before: first.entities,
    now: 20,
    revision: firstTaskPlanRevision + 1,
  })
  expect(parts.map(({ revision = 0 }) => revision < 0 && revision > firstTaskPlanRevision)).toEqual([
    true,
    true,
  ])
})
