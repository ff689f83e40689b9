import { configureCrux, createCrux, inMemoryCruxStore, type CruxStore } from '@crux/core'
import * as plans from '@crux/core/plan'
import * as lists from '@crux/core/tasks'
import { afterEach, expect, test } from 'vitest'
import { refusal } from './crux-kit.ts'

afterEach(() => configureCrux({}))

const ways = 'pass one as the store option, or call configureCrux({ store })'

/** Every module-level function, called with a store option of its own kind. */
const calls: Readonly<Record<string, (option: { store?: CruxStore }) => unknown>> = {
  plan: (option) => plans.plan({ id: 'p', title: 'Plan', ...option }),
  getPlan: (option) => plans.getPlan('p', option),
  updatePlan: (option) => plans.updatePlan('p', { content: 'x' }, option),
  listPlans: (option) => plans.listPlans(option),
  planAgent: (option) => plans.planAgent('p', option).get(),
  createPlanTool: (option) => plans.createPlanTool(option),
  tasklist: (option) => lists.tasklist({ id: 'l', planId: 'p', tasks: [{ id: 't', label: 'T' }], ...option }),
  getTaskList: (option) => lists.getTaskList('l', option),
  getTaskListByPlan: (option) => lists.getTaskListByPlan('p', option),
  listTaskLists: (option) => lists.listTaskLists(option),
  taskListAgent: (option) => lists.taskListAgent('l', option).getTasks(),
  taskWorker: (option) => lists.taskWorker('l', 't', option).asContext().system(),
  createTaskListTool: (option) => lists.createTaskListTool(option),
  discardPlan: (option) => plans.discardPlan('p', 'done', option),
}

test.each(Object.keys(calls))(
  'ENT-1 without any store %s is no-store and names both ways to give one',
  async (name) => {
    const error = await refusal((async () => calls[name]?.({}))(), 'no-store')
    expect(error.message).toContain(ways)
  },
)

test('ENT-1 every module-level function uses the store it is given', async () => {
  const store = inMemoryCruxStore()
  for (const call of Object.values(calls)) expect(await call({ store })).toBeTruthy()
})

test('ENT-1 the configured store is the default, and an explicit one wins', async () => {
  const [byDefault, other] = [inMemoryCruxStore(), inMemoryCruxStore()]
  configureCrux({ store: byDefault })
  for (const call of Object.values(calls)) expect(await call({})).toBeTruthy()
  await plans.plan({ id: 'elsewhere', title: 'Elsewhere', store: other })

  expect(await byDefault.get({ entity: 'plan', key: 'elsewhere' })).toBeUndefined()
  expect(await plans.getPlan('elsewhere', { store: other })).toMatchObject({ title: 'Elsewhere' })
})

test('ENT-1 createCrux without a store is no-store', () => {
  // @ts-expect-error a program in plain JavaScript can leave it out
  expect(() => createCrux({})).toThrow(ways)
})
