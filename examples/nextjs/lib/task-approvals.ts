import type { Task } from '@crux/core'
import * as z from 'zod/mini'

const shownApproval = z.object({
  approvalId: z.string(),
  toolName: z.string(),
  /** The arguments, in the order in which the model gave them. */
  input: z.array(z.object({ name: z.string(), value: z.string() })),
  status: z.enum(['open', 'approved', 'denied', 'unanswered']),
  reason: z.optional(z.string()),
})

const shownApprovals = z.array(shownApproval)

/** What a task tells of a request, in its metadata. Whoever sees the task can read it, so it holds no token. */
export type ShownApproval = z.infer<typeof shownApproval>

type WithMetadata = Pick<Task, 'metadata'> | null | undefined

/** What was asked for a task; nothing for a task of which nothing was. */
export function approvalsOf(task: WithMetadata): readonly ShownApproval[] {
  const { success, data } = shownApprovals.safeParse(task?.metadata?.['approvals'])
  return success ? data : []
}

/** What a task waits for: nothing more when it is over. */
export function openApprovalsOf(task: Pick<Task, 'metadata' | 'status'> | null | undefined) {
  return task?.status === 'in_progress' ? approvalsOf(task).filter(({ status }) => status === 'open') : []
}

/** The numbers of the orders that were placed for a task. */
export function ordersOf(task: WithMetadata): readonly string[] {
  return Object.keys(task?.metadata ?? {}).flatMap((name) => /^order-(\d+)$/.exec(name)?.[1] ?? [])
}

/** The arguments of a call as names and values for people. */
export function shownInput(input: unknown): ShownApproval['input'] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
}
