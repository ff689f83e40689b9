import type { Task, TaskList } from '@crux/core'
import { useMemo } from 'react'
import { idOf, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import { absent, type Source } from './source.ts'
import { countByStatus, taskListProgress, type TaskListProgress } from './task-list-progress.ts'
import { useSource } from './use-source.ts'

/**
 * How far a task list is: `{ completed, total, percent, elapsedMs, etaMs? }`. `undefined` while loading or skipped,
 * `null` if there is no such list. Changes with a task's status, not with its progress message.
 */
export function useTaskListProgress<
  Target extends Ref | null | undefined,
  S = TaskListProgress,
  Suspense extends boolean = false,
>(list: Target, options?: HookOptions<TaskListProgress, S, Suspense>): S | null | Pending<Target, Suspense>
export function useTaskListProgress<S>(
  list: Ref | null | undefined,
  options?: HookOptions<TaskListProgress, S>,
): S | null | undefined {
  const id = idOf(list)
  return useSource(
    useMemo(() => (id === undefined ? undefined : progressSource(id)), [id]),
    options,
  )
}

const progressSource = (id: string): Source<TaskListProgress> => ({
  name: `task list ${id}`,
  read: (view) => {
    const list = view.getTaskList(id)
    if (!list) return absent(view)
    // A list may come from another producer, without counts: only then the tasks are looked at.
    return progressOf(list, list.counts ? undefined : view.getTasks(id))
  },
})

// By the list, which is the same until it changed, so that its progress is the same too.
const known = new WeakMap<
  TaskList,
  { readonly tasks?: readonly Task[] | undefined; readonly progress: TaskListProgress }
>()

function progressOf(list: TaskList, tasks?: readonly Task[]): TaskListProgress {
  const last = known.get(list)
  if (last && last.tasks === tasks) return last.progress
  const progress = taskListProgress(list, tasks ? countByStatus(tasks) : list.counts)
  known.set(list, { tasks, progress })
  return progress
}
