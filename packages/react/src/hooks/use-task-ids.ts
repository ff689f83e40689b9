import { useMemo } from 'react'
import { idOf, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import { tasksSource } from './tasks-source.ts'
import { useSource } from './use-source.ts'

/**
 * The ids of a list's tasks in order, without removed ones. Renders only when tasks come, go or move; each row then
 * takes its own with `useTask`. `undefined` while loading or skipped, `null` if there is no such list, an empty array if
 * it has no tasks.
 */
export function useTaskIds<
  Target extends Ref | null | undefined,
  S = readonly string[],
  Suspense extends boolean = false,
>(list: Target, options?: HookOptions<readonly string[], S, Suspense>): S | null | Pending<Target, Suspense>
export function useTaskIds<S>(
  list: Ref | null | undefined,
  options?: HookOptions<readonly string[], S>,
): S | null | undefined {
  const id = idOf(list)
  return useSource(
    useMemo(() => (id === undefined ? undefined : tasksSource(id, (view) => view.getTaskIds(id))), [id]),
    options,
  )
}
