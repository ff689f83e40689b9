import { readPlan, readUpdate } from './read-task-plan-part.ts'
import type { TaskPlan, TaskPlanUpdate } from './task-plan.ts'

/** The part of the Standard Schema interface that the AI SDK asks for, without a library. */
export interface TaskPlanDataSchema<Output> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'crux'
    readonly validate: (
      value: unknown,
    ) => { readonly value: Output } | { readonly issues: readonly { readonly message: string }[] }
    readonly types?: { readonly input: Output; readonly output: Output } | undefined
  }
}

/**
 * Checks the task-plan parts of stored messages the way the readers do: what is no plan fails, a task that is none is
 * left out (INJ-134).
 *
 * @example
 * await validateUIMessages({ messages, dataSchemas: { ...taskPlanDataSchemas, crux: cruxDataPartSchema } })
 */
export const taskPlanDataSchemas: {
  readonly 'agent-task-plan': TaskPlanDataSchema<TaskPlan>
  readonly 'agent-task-update': TaskPlanDataSchema<TaskPlanUpdate>
} = /* @__PURE__ */ (() => ({
  'agent-task-plan': schemaOf(readPlan, 'is no task plan'),
  'agent-task-update': schemaOf(readUpdate, 'is no update of a task plan'),
}))()

function schemaOf<T>(read: (value: unknown) => T | undefined, message: string): TaskPlanDataSchema<T> {
  const validate = (input: unknown) => {
    const value = read(input)
    return value === undefined ? { issues: [{ message }] } : { value }
  }
  return { '~standard': { version: 1, vendor: 'crux', validate } }
}
