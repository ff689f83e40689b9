import { reducerOf } from './create-task-plan-reducer.ts'
import type { SettleCause } from './settle.ts'
import { createStoreMirror } from './store-mirror.ts'
import { resolveOptions, type ResolvedOptions } from './resolve-options.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'
import type { TaskPlanStep } from './task-plan-step.ts'
import { planOf, type TaskPlanState } from './task-plan-state.ts'

/** One stream's plan: the reducer with a memory and a clock, and those who hear of the plan. */
export interface PlanSession {
  readonly options: ResolvedOptions
  readonly state: () => TaskPlanState
  readonly seed: (messages: unknown) => void
  readonly reduce: (chunk: unknown) => TaskPlanStep
  readonly settle: (cause: SettleCause) => TaskPlanStep
  /**
   * Tells that nothing more comes; resolves when the store and `onPlan` are done, after `flushTimeoutMs` at the latest
   * (INJ-143). Never rejects; a second call does nothing.
   */
  readonly finish: () => Promise<void>
}

/** Throws for wrong options, as `createTaskPlanReducer`. Continues `initialMessages`. */
export function createPlanSession(options: TaskPlanOptions): PlanSession {
  const { store, onPlan, initialMessages, now = Date.now, flushTimeoutMs = 1_000 } = options
  const resolved = resolveOptions(options)
  const reducer = reducerOf(resolved)
  const mirror = store && createStoreMirror({ store, now, reportError: resolved.reportError })
  let state = reducer.initial()
  let hasEmitted = false
  let finished: Promise<void> | undefined
  let lastHeard: Promise<unknown> = Promise.resolve()

  function tell(isFinal: boolean): void {
    if (!onPlan) return
    try {
      const heard = onPlan(planOf(state), { final: isFinal })
      lastHeard = Promise.resolve(heard).catch(resolved.reportError)
    } catch (error) {
      resolved.reportError(error)
    }
  }

  function take(step: TaskPlanStep): TaskPlanStep {
    state = step.state
    if (step.before.length + step.after.length > 0) {
      hasEmitted = true
      mirror?.update(planOf(state))
      tell(false)
    }
    return step
  }

  async function finish(): Promise<void> {
    if (!hasEmitted) return
    tell(true)
    const done = Promise.allSettled([mirror?.idle(), lastHeard])
    if (mirror || onPlan) await within(flushTimeoutMs, done)
  }

  const session: PlanSession = {
    options: resolved,
    state: () => state,
    seed: (messages) => void take(reducer.seed(state, messages, now())),
    reduce: (chunk) => take(reducer.reduce(state, chunk, now())),
    settle: (cause) => take(reducer.settle(state, cause, now())),
    finish: () => (finished ??= finish()),
  }
  if (initialMessages !== undefined) session.seed(initialMessages)
  return session
}

/** Resolves with the promise, or when the time is up. */
async function within(timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs)
  })
  await Promise.race([promise, timeout])
  clearTimeout(timer)
}
