import type { TaskList } from '@crux/core'
import { useMemo } from 'react'
import { idOf, type ByPlan, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import { isDiscarded } from './is-discarded.ts'
import { absent, type Source } from './source.ts'
import { useSource } from './use-source.ts'

/**
 * A task list, by id or handle, or with `{ planId }` the newest list of a plan that is not discarded. `undefined` while
 * loading or skipped, `null` if there is no such list (RCT-1). Its tasks are with `useTasks` or `useTaskIds`.
 */
export function useTaskList<
  Target extends Ref | ByPlan | null | undefined,
  S = TaskList,
  Suspense extends boolean = false,
>(list: Target, options?: HookOptions<TaskList, S, Suspense>): S | null | Pending<Target, Suspense>
export function useTaskList<S>(
  list: Ref | ByPlan | null | undefined,
  options?: HookOptions<TaskList, S>,
): S | null | undefined {
  // A list itself has an `id` and may have a `planId`: then it is named by its id.
  const byPlan = list != null && typeof list === 'object' && !('id' in list)
  const id = byPlan ? idOf(list.planId) : idOf(list)
  return useSource(
    useMemo(
      () => (id === undefined ? undefined : byPlan ? newestListSource(id) : listSource(id)),
      [id, byPlan],
    ),
    options,
  )
}

const listSource = (id: string): Source<TaskList> => ({
  name: `task list ${id}`,
  read: (view) => view.getTaskList(id) ?? absent(view),
})

const newestListSource = (planId: string): Source<TaskList> => ({
  name: `task list of plan ${planId}`,
  read: (view) => view.getTaskListsByPlan(planId).find((list) => !isDiscarded(list)) ?? absent(view),
})
