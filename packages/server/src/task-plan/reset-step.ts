import { allOf, getIn, noLayers, putIn, type Layers } from './layers.ts'
import { showTask, type CallState, type TaskPlanState } from './task-plan-state.ts'

/**
 * The state at the last `start-step`, with what has happened since to the calls that were there then (INJ-33). Calls that
 * began later are undone: only a new start brings one back.
 */
export function resetStep(state: TaskPlanState): TaskPlanState {
  const { checkpoint } = state
  let calls: Layers<CallState> = noLayers
  let { undone } = state
  for (const [id, call] of allOf(state.calls)) {
    if (getIn(checkpoint.calls, id)) calls = putIn(calls, id, call)
    else undone = putIn(undone, id, call.isHidden)
  }
  const tasks = checkpoint.tasks.map((task) => ({ ...task, shown: showTask(task, calls) }))
  const noContent = { hasContent: false, hasText: false, hasToolCall: false }
  return { ...state, ...noContent, tasks, calls, undone }
}
