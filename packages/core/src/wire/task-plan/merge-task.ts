import { isTerminalTaskState, type TaskPlanTask } from './task-plan.ts'

/** The tasks with `task` in the place of the one with its id, or at the end. */
export function putTask(tasks: readonly TaskPlanTask[], task: TaskPlanTask): readonly TaskPlanTask[] {
  const index = tasks.findIndex(({ id }) => id === task.id)
  return index < 0 ? [...tasks, task] : tasks.with(index, task)
}

/** As `putTask`, but a task that is over does not go back: what says so is a repetition. */
export function advanceTask(tasks: readonly TaskPlanTask[], task: TaskPlanTask): readonly TaskPlanTask[] {
  const held = tasks.find(({ id }) => id === task.id)
  const isRepetition = held && isTerminalTaskState(held.state) && !isTerminalTaskState(task.state)
  return isRepetition ? tasks : putTask(tasks, task)
}
