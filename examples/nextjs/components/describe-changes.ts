import type { Plan, Task, TaskList } from '@crux/core'
import type { ConnectionStatus } from '@crux/core/client'
import { openApprovalsOf } from '../lib/task-approvals.ts'
import { statusWords } from './status-icon.tsx'

/** What the page shows of a run at one moment. */
export interface RunSnapshot {
  readonly connection: ConnectionStatus
  readonly plan: Plan | undefined
  readonly list: TaskList | undefined
  readonly tasks: readonly Task[]
}

/** What changed its status between two moments, in sentences; empty if nothing did. */
export function describeChanges(before: RunSnapshot, after: RunSnapshot): string {
  const isSameList = before.list !== undefined && before.list.id === after.list?.id
  const sentences = [
    describeConnection(before.connection, after.connection),
    before.plan?.id !== after.plan?.id && after.plan && `Plan written: ${after.plan.title}.`,
    !isSameList && after.list && `${after.tasks.length} tasks.`,
    ...(isSameList ? after.tasks.map((task) => describeTask(before, task)) : []),
    isSameList && before.list?.status !== after.list?.status && describeEnd(after.list),
  ]
  return sentences.filter(Boolean).join(' ')
}

function describeConnection(before: ConnectionStatus, after: ConnectionStatus): string | undefined {
  const wasLost = before === 'reconnecting' || before === 'failed'
  const isLost = after === 'reconnecting' || after === 'failed'
  if (isLost && !wasLost) return 'The connection is lost; reconnecting.'
  return wasLost && after === 'live' ? 'Live again.' : undefined
}

function describeTask({ tasks }: RunSnapshot, task: Task): string | undefined {
  const { id, label, status, attempt, error } = task
  const before = tasks.find((candidate) => candidate.id === id)
  if (before && openApprovalsOf(task).length > openApprovalsOf(before).length) {
    return `${label}: waiting for your approval.`
  }
  if (!before || before.status === status) return undefined
  if (status === 'pending') return `${label}: trying again, attempt ${attempt}.`
  return `${label}: ${statusWords[status]}${status === 'failed' ? `, ${error ?? ''}` : ''}.`
}

function describeEnd(list: TaskList): string | undefined {
  switch (list.status) {
    case 'completed':
      return 'All tasks are done.'
    case 'discarded':
      return `The run has ended: ${list.discardReason ?? 'it was stopped.'}`
    case 'failed':
    case 'cancelled':
      return `The run has ${list.status === 'failed' ? 'failed' : 'been cancelled'}.`
    case 'pending':
    case 'in_progress':
      return undefined
    default:
      return list.status satisfies never
  }
}
