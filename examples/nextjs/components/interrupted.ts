import type { Task, TaskList } from '@crux/core'
import { useTask } from '@crux/react'
import { createContext, useContext } from 'react'

/** True below an answer that nobody writes any more: what is open in it will get no further. */
export const Interrupted = createContext(false)

/** A task as it is to be shown. One whose answer broke off has no spinner that turns for ever. */
export function useShownTask(listId: string, taskId: string): Task | null | undefined {
  const isInterrupted = useContext(Interrupted)
  const task = useTask(listId, taskId)
  if (!task || !isInterrupted || task.endedAt !== undefined) return task
  return { ...task, status: 'cancelled', reason: 'The answer broke off.', endedAt: task.updatedAt }
}

/** The same for a list. */
export function useShownList(list: TaskList | undefined): TaskList | undefined {
  const isInterrupted = useContext(Interrupted)
  if (!list || !isInterrupted || list.completedAt !== undefined || list.discardedAt !== undefined) return list
  return { ...list, status: 'discarded', discardedAt: list.updatedAt, discardReason: 'The answer broke off.' }
}
