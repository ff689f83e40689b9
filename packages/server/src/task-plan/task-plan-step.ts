import type { TaskPlan, TaskPlanChunk } from '@crux/core'
import { planOf, type TaskPlanState } from './task-plan-state.ts'

/** What one chunk, or the end, leads to. */
export interface TaskPlanStep {
  /** The same object if nothing changed. */
  readonly state: TaskPlanState
  /** To be sent before the original chunk. */
  readonly before: readonly TaskPlanChunk[]
  /** To be sent after it. */
  readonly after: readonly TaskPlanChunk[]
  /** What becomes of the original chunk. `hold` keeps it back until a later step says what becomes of it. */
  readonly original: 'forward' | 'drop' | 'hold'
  /**
   * What becomes of chunks held back, before everything else of this step: all released, or those that begin and end
   * steps dropped and the rest released.
   */
  readonly held?: 'release' | 'drop' | undefined
  /** The plan as it stands now. Frozen. */
  readonly plan: TaskPlan
}

const none: readonly TaskPlanChunk[] = []

type Told = { readonly [Name in 'before' | 'after' | 'original' | 'held']?: TaskPlanStep[Name] | undefined }

/** A class for its getter: a plan is made only where somebody looks at it, and there is a step for every chunk. */
class Step implements TaskPlanStep {
  readonly state: TaskPlanState
  readonly before: readonly TaskPlanChunk[]
  readonly after: readonly TaskPlanChunk[]
  readonly original: TaskPlanStep['original']
  readonly held: TaskPlanStep['held']

  constructor(state: TaskPlanState, { before = none, after = none, original = 'forward', held }: Told) {
    this.state = state
    this.before = before
    this.after = after
    this.original = original
    this.held = held
  }

  get plan(): TaskPlan {
    return planOf(this.state)
  }
}

/** A step that tells nothing but what is given. */
export function stepTo(state: TaskPlanState, told: Told = {}): TaskPlanStep {
  return new Step(state, told)
}
