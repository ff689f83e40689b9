import type { Crux } from '@crux/core'
import type { LanguageModel } from 'ai'

/** What the agent knows about the run it is on. */
export interface AgentRun {
  /** Bound to the scope of the session that asked. */
  readonly crux: Crux
  readonly topic: string
  readonly model: LanguageModel
  /** Ends the run. */
  readonly signal: AbortSignal
  /** Called once, with the key of the plan. */
  readonly onPlan: (planId: string) => void
}
