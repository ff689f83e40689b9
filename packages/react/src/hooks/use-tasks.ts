import type { Task } from '@crux/core'
import type { TaskNode } from '@crux/core/client'
import { useMemo } from 'react'
import { idOf, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import type { Source } from './source.ts'
import { tasksSource } from './tasks-source.ts'
import { useSource } from './use-source.ts'

/**
 * The top level of a list's tasks in order, each `{ task, children }`. Removed ones are left out, and their children
 * are with the nearest living ancestor. `undefined`, `null` and renders as without `tree`.
 */
export function useTasks<
  Target extends Ref | null | undefined,
  S = readonly TaskNode[],
  Suspense extends boolean = false,
>(
  list: Target,
  options: HookOptions<readonly TaskNode[], S, Suspense> & { readonly tree: true },
): S | null | Pending<Target, Suspense>
/**
 * The tasks of a list in order, without removed ones. `undefined` while loading or skipped, `null` if there is no such
 * list, an empty array if it has no tasks.
 *
 * Renders at each change of a task. Long lists use `useTaskIds`, and `useTask` in each row.
 */
export function useTasks<
  Target extends Ref | null | undefined,
  S = readonly Task[],
  Suspense extends boolean = false,
>(
  list: Target,
  options?: HookOptions<readonly Task[], S, Suspense> & { readonly tree?: false },
): S | null | Pending<Target, Suspense>
export function useTasks<S>(
  list: Ref | null | undefined,
  { tree = false, ...options }: HookOptions<never, S> & { readonly tree?: boolean } = {},
): S | null | undefined {
  const id = idOf(list)
  const source = useMemo(() => {
    if (id === undefined) return undefined
    return tree ? treeOf(id) : tasksOf(id)
  }, [id, tree])
  // The signatures above say which of the two `select` gets.
  return useSource(source as Source<never> | undefined, options)
}

const tasksOf = (listId: string): Source<readonly Task[]> =>
  tasksSource(listId, (view) => view.getTasks(listId))

const treeOf = (listId: string): Source<readonly TaskNode[]> =>
  tasksSource(listId, (view) => view.getTaskTree(listId))
