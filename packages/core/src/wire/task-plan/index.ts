export { isTerminalTaskState } from './task-plan.ts'
export type {
  TaskPlan,
  TaskPlanChunk,
  TaskPlanDataParts,
  TaskPlanTask,
  TaskPlanTaskState,
  TaskPlanUpdate,
} from './task-plan.ts'

export { isPlanId, parsePlanId } from './plan-id.ts'

// Reading
export { readTaskPlan, readTaskPlans } from './read-task-plan.ts'
export { createTaskPlanReader } from './create-task-plan-reader.ts'
export type { TaskPlanReader } from './create-task-plan-reader.ts'
export { readTaskPlanPart } from './read-task-plan-part.ts'
export type { TaskPlanPart } from './read-task-plan-part.ts'
export { taskPlanDataSchemas } from './task-plan-data-schemas.ts'
export type { TaskPlanDataSchema } from './task-plan-data-schemas.ts'
export { stripTaskPlanParts } from './strip-task-plan-parts.ts'

// As entities
export {
  firstTaskPlanRevision,
  isTaskPlanList,
  taskPlanToEntities,
  taskPlanToParts,
} from './task-plan-entities.ts'
export type { TaskPlanEntities, TaskPlanEntitiesStep, TaskPlanEntityChange } from './task-plan-entities.ts'
