import type { TaskPlan, TaskPlanChunk } from '@crux/core'
import { createPlanSession, type PlanSession } from './plan-session.ts'
import type { SettleCause } from './settle.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'
import { planOf } from './task-plan-state.ts'

/**
 * The plan of one stream, for code that passes the chunks on itself. `hideMetaTool` has no effect here: it cannot take
 * chunks out of a stream that it does not hold.
 *
 * @example
 * const accumulator = new TaskPlanAccumulator('turn_42')
 * for (const chunk of accumulator.handleToolChunk(toolChunk)) response.write(formatSseEvent(chunk))
 */
export class TaskPlanAccumulator {
  readonly #session: PlanSession

  /** Throws `CruxError` `invalid-id` for an id that no plan may have. */
  constructor(planId: string, options: Omit<TaskPlanOptions, 'planId'> = {}) {
    this.#session = createPlanSession({ ...options, planId, hideMetaTool: false })
  }

  get planId(): string {
    return this.#session.state().planId
  }

  /** The plan as it stands. Frozen. */
  get plan(): TaskPlan {
    return planOf(this.#session.state())
  }

  /** What is to be sent with a chunk, in order: what belongs before the chunk, then what belongs after it (INJ-2). */
  handleToolChunk(chunk: unknown): TaskPlanChunk[] {
    const { before, after } = this.#session.reduce(chunk)
    return [...before, ...after]
  }

  /** Settles what is open at the end of the stream; gives what is to be sent. */
  settle(cause: SettleCause): TaskPlanChunk[] {
    const { before } = this.#session.settle(cause)
    void this.#session.finish()
    return [...before]
  }

  /** Continues the plan of the request's messages. Gives nothing: what was found is sent with `start` (INJ-61). */
  seed(messages: unknown): TaskPlanChunk[] {
    this.#session.seed(messages)
    return []
  }
}
