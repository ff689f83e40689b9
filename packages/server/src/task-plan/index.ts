// A stream with a plan in it
export { injectTaskPlanIntoStream } from './inject-task-plan-into-stream.ts'
export { taskPlanTransform } from './task-plan-transform.ts'
export { taskPlanSseTransform } from './task-plan-sse-transform.ts'
export type {
  TaskPlanCall,
  TaskPlanMapper,
  TaskPlanOptions,
  TaskPlanSkipReason,
  ToolChoice,
} from './task-plan-options.ts'

// By hand
export { TaskPlanAccumulator } from './task-plan-accumulator.ts'
export { createTaskPlanReducer } from './create-task-plan-reducer.ts'
export type { TaskPlanReducer } from './create-task-plan-reducer.ts'
export type { TaskPlanStep } from './task-plan-step.ts'
export type { TaskPlanState } from './task-plan-state.ts'
export type { SettleCause } from './settle.ts'
export { formatSseEvent } from './format-sse-event.ts'

// For the agent
export { updateTaskPlanTool } from './update-task-plan-tool.ts'
export type {
  UpdateTaskPlanAnswer,
  UpdateTaskPlanTool,
  UpdateTaskPlanToolOptions,
} from './update-task-plan-tool.ts'
export { taskPlanInstructions } from './task-plan-instructions.ts'
export { subagentDetail } from './subagent-detail.ts'

// Before a model sees the messages
export { stripTaskPlanParts } from '@crux/core/task-plan'

// Names and texts
export { deriveTaskLabel } from './derive-task-label.ts'
export { isHiddenReasoning } from './hidden-reasoning.ts'
export { TASK_PLAN_LABEL_MAX_CHARS } from './plan-text.ts'
export { sanitizeTaskPlanInput } from './sanitize-task-plan-input.ts'
export { sanitizeTaskPlanInput as sanitizeAgentTaskPlanInput } from './sanitize-task-plan-input.ts'
export type {
  DroppedWhy,
  RejectText,
  ReportedState,
  SanitizedTask,
  SanitizedTaskPlan,
  SanitizeTaskPlanOptions,
} from './sanitize-task-plan-input.ts'
export {
  isTaskPlanToolName,
  normalizeToolName as normalizeTaskPlanToolName,
  TASK_PLAN_TOOL_KEY,
  TASK_PLAN_TOOL_NAME,
} from './tool-name.ts'
export type { TaskPlanTask as ServerTaskSnapshot } from '@crux/core'
