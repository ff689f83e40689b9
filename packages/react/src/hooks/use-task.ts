import type { Task } from '@crux/core'
import { useMemo } from 'react'
import { idOf, type HookOptions, type Pending, type Ref } from './hook-types.ts'
import { absent, type Source } from './source.ts'
import { useSource } from './use-source.ts'

/**
 * One task of a list, by the id of the list and its own: renders only when this task changes (RCT-7). `undefined` while
 * loading or skipped (either id is `undefined`), `null` if there is no such task or it was removed.
 */
export function useTask<
  List extends Ref | null | undefined,
  Target extends Ref | null | undefined,
  S = Task,
  Suspense extends boolean = false,
>(
  list: List,
  task: Target,
  options?: HookOptions<Task, S, Suspense>,
): S | null | Pending<List, Suspense> | Pending<Target, Suspense>
export function useTask<S>(
  list: Ref | null | undefined,
  task: Ref | null | undefined,
  options?: HookOptions<Task, S>,
): S | null | undefined {
  const listId = idOf(list)
  const id = idOf(task)
  return useSource(
    useMemo(
      () => (listId === undefined || id === undefined ? undefined : taskSource(listId, id)),
      [listId, id],
    ),
    options,
  )
}

const taskSource = (listId: string, id: string): Source<Task> => ({
  name: `task ${listId}/${id}`,
  read: (view) => view.getTask(listId, id) ?? absent(view),
})
