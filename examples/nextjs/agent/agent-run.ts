import type { PendingApproval, TextStreamResult } from '@crux/ai'
import type { Crux, TaskListHandle } from '@crux/core'
import type { LanguageModel, ModelMessage } from 'ai'

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
  /** Where people are asked. Without one the agent has no tool that needs it. */
  readonly desk?: Desk | undefined
}

/** Where an agent waits for people. */
export interface Desk {
  /** Who may decide. An approval that was asked of others does not count. */
  readonly audience: string
  /** Shows what is asked, and resolves with what `resume` gave when all of it is answered. */
  readonly ask: (question: Question) => Promise<TextStreamResult>
}

/** Calls that wait, and how the conversation goes on. */
export interface Question {
  readonly task: { readonly list: TaskListHandle; readonly id: string }
  readonly messages: readonly ModelMessage[]
  readonly pendingApprovals: readonly PendingApproval[]
  /** Takes the history with an answer in it. Rejects with a `ToolApprovalError` if the answer does not count. */
  readonly resume: (answered: readonly ModelMessage[]) => Promise<TextStreamResult>
  readonly signal: AbortSignal
}
