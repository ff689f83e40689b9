import type { TaskList } from '@crux/core'
import { useMemo } from 'react'
import { idOf, type ByPlan, type HookOptions, type Pending } from './hook-types.ts'
import { isDiscarded } from './is-discarded.ts'
import { isComplete, type Source } from './source.ts'
import { useSource } from './use-source.ts'

/** Which task lists `useTaskLists` gives. */
export interface TaskListsFilter extends ByPlan {
  /** Default false. */
  readonly includeDiscarded?: boolean
}

/**
 * The task lists of a plan, newest first. `undefined` while loading or skipped; never `null`: whether there is such a
 * plan does not matter to its lists, and no lists are an empty array.
 */
export function useTaskLists<
  Target extends TaskListsFilter,
  S = readonly TaskList[],
  Suspense extends boolean = false,
>(filter: Target, options?: HookOptions<readonly TaskList[], S, Suspense>): S | Pending<Target, Suspense>
export function useTaskLists<S>(
  { planId, includeDiscarded = false }: TaskListsFilter,
  options?: HookOptions<readonly TaskList[], S>,
): S | null | undefined {
  const id = idOf(planId)
  return useSource(
    useMemo(() => (id === undefined ? undefined : listsSource(id, includeDiscarded)), [id, includeDiscarded]),
    options,
  )
}

function listsSource(planId: string, includeDiscarded: boolean): Source<readonly TaskList[]> {
  return {
    name: `task lists of plan ${planId}`,
    read: (view) => {
      const all = view.getTaskListsByPlan(planId)
      if (all.length === 0 && !isComplete(view)) return undefined
      return includeDiscarded ? all : withoutDiscarded(all)
    },
  }
}

// By the array, which is the same until something in it changed, so that what is read is the same too.
const filtered = new WeakMap<readonly TaskList[], readonly TaskList[]>()

function withoutDiscarded(lists: readonly TaskList[]): readonly TaskList[] {
  const known = filtered.get(lists)
  if (known) return known
  const kept = lists.filter((list) => !isDiscarded(list))
  filtered.set(lists, kept)
  return kept
}
