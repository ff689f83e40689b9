import { cruxEnv, type CruxOptions } from './commands/crux-env.ts'
import { createPlanCommands, type PlanCommands } from './plan/plan-commands.ts'
import type { CruxStore } from './store/index.ts'
import { createTaskListCommands, type TaskListCommands } from './tasks/task-list-commands.ts'

/** Every plan and task function, bound to one store (ENT-2). */
export interface Crux extends PlanCommands, TaskListCommands {
  readonly store: CruxStore
}

/**
 * Binds the plan and task functions to a store, which may be a view of one (`store.scope('session:42:')`). Throws
 * `no-store` without one.
 *
 * @example
 * const crux = createCrux({ store: inMemoryCruxStore() })
 * const plan = await crux.plan({ title: 'Launch' })
 * const list = await crux.tasklist({ planId: plan.id, tasks: [{ label: 'Build' }] })
 */
export function createCrux(options: CruxOptions): Crux {
  const env = cruxEnv(options)
  return { store: env.store, ...createPlanCommands(env), ...createTaskListCommands(env) }
}
