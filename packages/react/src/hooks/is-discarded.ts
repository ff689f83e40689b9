import type { TaskList } from '@crux/core'

/** True for a list that was given up; its producer may say so in either way. */
export function isDiscarded({ status, discardedAt }: TaskList): boolean {
  return status === 'discarded' || discardedAt !== undefined
}
