import { invalidValue } from './entity-errors.ts'
import { isActiveTask } from './task-status.ts'
import type { Task } from './task.ts'

/** Positions stay far below where adding 1 to a number does nothing. */
const maxPosition = 1e12

/** Orders tasks by position, ties by id (TASK-3). */
export function byPosition(a: Pick<Task, 'position' | 'id'>, b: Pick<Task, 'position' | 'id'>): number {
  return a.position - b.position || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** The active tasks in position order. */
export function activeInOrder(tasks: readonly Task[]): Task[] {
  return tasks.filter(isActiveTask).sort(byPosition)
}

/** Checks a position that was asked for; `invalid-value` unless it is within ±10^12. */
export function parsePosition(position: number): number {
  if (Math.abs(position) <= maxPosition) return position
  throw invalidValue('Task', '$.position', `is ${position}; give a number within ±${maxPosition}`)
}

/** Where a moved task goes: right before or right after another one. */
export type MoveTarget =
  | { readonly before: string; readonly after?: undefined }
  | { readonly after: string; readonly before?: undefined }

/**
 * The new positions after a move, by task id; empty when the task already stands there (TASK-3). At the end it is one
 * more than the highest ever given out, between two tasks their midpoint. Where two neighbours leave no number between
 * them, all tasks are numbered anew. `ordered` are the active tasks in order; both tasks must be among them.
 */
export function positionsAfterMove(
  ordered: readonly Task[],
  id: string,
  target: MoveTarget,
  lastPosition: number,
): ReadonlyMap<string, number> {
  const others = ordered.filter((task) => task.id !== id)
  const at =
    target.before === undefined
      ? others.findIndex((task) => task.id === target.after) + 1
      : others.findIndex((task) => task.id === target.before)
  if (ordered[at]?.id === id) return new Map()

  const previous = others[at - 1]?.position
  const next = others[at]?.position
  if (next === undefined) return new Map([[id, lastPosition + 1]])
  if (previous === undefined) return new Map([[id, next - 1]])
  const middle = previous + (next - previous) / 2
  if (previous < middle && middle < next) return new Map([[id, middle]])

  const ids = others.map((task) => task.id)
  ids.splice(at, 0, id)
  return new Map(ids.map((each, index) => [each, index + 1]))
}
