import { envOf, type StoreOption } from '../commands/crux-env.ts'
import type { NewPlan, PlanUpdate } from '../entities/plan-changes.ts'
import type { Plan } from '../entities/plan.ts'
import type { CruxStore } from '../store/index.ts'
import type { CreatePlanTool, CreatePlanToolOptions } from './create-plan-tool.ts'
import type { PlanAgent, PlanAgentOptions, PlanHandle } from './plan-agent.ts'
import { createPlanCommands, type ListPlansOptions, type PlanCommands } from './plan-commands.ts'

/**
 * Creates a plan: version 1, in the store when the promise resolves (PLAN-1). The handle has the fields of the plan as
 * it was created. Rejects with `invalid-value`, `already-exists`, `too-large`, `no-store`.
 *
 * @example
 * const launch = await plan({ title: 'Launch', content: '1. Build\n2. Ship' })
 * await launch.update({ content: '1. Build\n2. Test\n3. Ship' })
 */
export async function plan({ store, ...input }: NewPlan & StoreOption): Promise<PlanHandle> {
  return commands(store).plan(input)
}

/** The plan as it is now, discarded or not; `undefined` when there is none. */
export async function getPlan(id: string, { store }: StoreOption = {}): Promise<Plan | undefined> {
  return commands(store).getPlan(id)
}

/**
 * Changes a plan; nothing is written when nothing changes (PLAN-2, PLAN-3). Rejects with `not-found`, `discarded`, or
 * with `conflict` when `ifVersion` is not the stored version.
 */
export async function updatePlan(id: string, update: PlanUpdate, { store }: StoreOption = {}): Promise<Plan> {
  return commands(store).updatePlan(id, update)
}

/** Gives a plan up. A second time changes nothing and keeps the first reason (PLAN-5). */
export async function discardPlan(id: string, reason?: string, { store }: StoreOption = {}): Promise<Plan> {
  return commands(store).discardPlan(id, reason)
}

/** The plans of the store's whole scope, newest first (PLAN-9). */
export async function listPlans({ store, ...options }: ListPlansOptions & StoreOption = {}): Promise<
  readonly Plan[]
> {
  return commands(store).listPlans(options)
}

/** Methods, context and tools of a plan, without reading it (PLAN-6). Throws `invalid-id`, `out-of-scope`, `no-store`. */
export function planAgent(id: string, { store, ...options }: PlanAgentOptions & StoreOption = {}): PlanAgent {
  return commands(store).planAgent(id, options)
}

/** A tool with which a model creates a plan (PLAN-8). Throws `no-store`. */
export function createPlanTool({
  store,
  ...options
}: CreatePlanToolOptions & StoreOption = {}): CreatePlanTool {
  return commands(store).createPlanTool(options)
}

function commands(store: CruxStore | undefined): PlanCommands {
  return createPlanCommands(envOf(store))
}
