import type { TaskList } from '@crux/core'
import { useTaskLists } from '@crux/react'

/** The task list of a plan, also a discarded one; `undefined` while there is none. */
export function useNewestList(planId: string | undefined): TaskList | undefined {
  const select = (lists: readonly TaskList[]) => lists[0]
  return useTaskLists({ planId, includeDiscarded: true }, { select }) ?? undefined
}
