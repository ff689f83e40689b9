import { timeAfter, type CruxEnv } from '../commands/crux-env.ts'
import { unchanged, writing } from '../commands/decisions.ts'
import { reasonSchema } from '../commands/field-schemas.ts'
import { readInput } from '../commands/read-input.ts'
import { alreadyExists, notFound } from '../entities/entity-errors.ts'
import {
  applyPlanUpdate,
  discardPlan,
  newPlan,
  type NewPlan,
  type PlanUpdate,
} from '../entities/plan-changes.ts'
import type { Plan } from '../entities/plan.ts'
import { resolveKey } from '../ids/index.ts'
import { transact } from '../store/index.ts'
import { newPlanSchema, planUpdateSchema } from './plan-schemas.ts'

/** Writes a new plan (PLAN-1). `already-exists` if its id is taken. */
export async function createPlan(env: CruxEnv, input: NewPlan): Promise<Plan> {
  const given = readInput(newPlanSchema, input, 'Plan')
  const key = resolveKey(env.store.scopePrefix, given.id ?? env.newId())
  return transact(env.store, key, async () => {
    if (await env.store.get({ entity: 'plan', key })) throw alreadyExists('plan', key)
    const value = newPlan(given, key, env.creationTime())
    return writing([{ entity: 'plan', key, value, event: 'created', ifRevision: 0 }], value)
  })
}

/** Writes what an update changes of a plan; nothing if it changes nothing (PLAN-2, PLAN-3). */
export async function updatePlanAt(env: CruxEnv, key: string, update: PlanUpdate): Promise<Plan> {
  const given = readInput(planUpdateSchema, update, `Update of plan "${key}"`)
  return changePlan(env, key, 'updated', (plan, now) => applyPlanUpdate(plan, given, now))
}

/** Marks a plan as given up; a second time changes nothing (PLAN-5). */
export async function discardPlanAt(env: CruxEnv, key: string, reason: string | undefined): Promise<Plan> {
  const given = readInput(reasonSchema, { reason }, `Discard of plan "${key}"`)
  return changePlan(env, key, 'discarded', (plan, now) => discardPlan(plan, given.reason, now))
}

function changePlan(
  env: CruxEnv,
  key: string,
  event: 'updated' | 'discarded',
  change: (plan: Plan, now: number) => Plan,
): Promise<Plan> {
  return transact(env.store, key, async () => {
    const record = await env.store.get({ entity: 'plan', key })
    if (record === undefined) throw notFound('plan', key)
    const value = change(record.value, timeAfter(env, record.value))
    if (value === record.value) return unchanged(value)
    return writing([{ entity: 'plan', key, value, event, ifRevision: record.revision }], value)
  })
}
