import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react'
import { approvalsOf, ordersOf, type ShownApproval } from '../lib/task-approvals.ts'
import styles from './approvals.module.css'
import { useShownTask } from './interrupted.ts'

interface ApprovalsProps {
  readonly listId: string
  readonly taskId: string
}

const titles: Readonly<Record<string, string>> = { orderSource: 'Order a source' }

/** What a task asks of people, and what they said. Nothing for a task that asks nothing. */
export function Approvals({ listId, taskId }: ApprovalsProps) {
  const task = useShownTask(listId, taskId)
  const orders = ordersOf(task)
  // Nobody waits any more for what a task that is over had asked.
  const isOver = task?.status !== 'in_progress'
  const shown = approvalsOf(task).filter(({ status }) => status !== 'open' || !isOver)
  return shown.map((approval) => (
    <Approval key={approval.approvalId} approval={approval} asks={task?.assignee?.agent ?? 'The agent'}>
      {approval.status === 'approved' &&
        (orders.length > 0 ? `Ordered: no. ${orders.join(' and no. ')}.` : 'Being ordered…')}
    </Approval>
  ))
}

interface ApprovalProps {
  readonly approval: ShownApproval
  readonly asks: string
  readonly children: ReactNode
}

/** One request: a card while it waits, a line when it is decided. It keeps the keyboard's place when it changes. */
function Approval({ approval, asks, children }: ApprovalProps) {
  const place = useRef<HTMLDivElement>(null)
  const title = titleOf(approval)
  const { status, reason } = approval
  return (
    <div className={styles.approval} data-approval={status} ref={place} tabIndex={-1}>
      {status === 'open' ? (
        <Card {...{ approval, asks, title }} onDecided={() => place.current?.focus()} />
      ) : (
        <p className={styles.outcome}>
          <strong>{outcomeWords[status]}</strong> {title}
          {status === 'denied' && reason !== undefined && `: “${reason}”`}. {children}
        </p>
      )}
    </div>
  )
}

const outcomeWords = {
  approved: 'You approved:',
  denied: 'You declined:',
  unanswered: 'Not decided in time:',
}

function Card({
  approval: { approvalId, input },
  asks,
  title,
  onDecided,
}: Pick<ApprovalProps, 'approval' | 'asks'> & { readonly title: string; readonly onDecided: () => void }) {
  const [sending, setSending] = useState<'approve' | 'decline'>()
  const [error, setError] = useState<string>()
  const titleId = useId()
  const reasonId = useId()

  async function decide(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    if (sending) return
    const isApproved = submitterOf(event) === 'approve'
    const written = new FormData(event.currentTarget).get('reason')
    const reason = typeof written === 'string' ? written.trim() : ''
    setSending(isApproved ? 'approve' : 'decline')
    const problem = await send(approvalId, isApproved, reason)
    setError(problem)
    setSending(undefined)
    if (problem === undefined) onDecided()
  }

  return (
    <form className={styles.card} aria-labelledby={titleId} onSubmit={decide}>
      <h4 className={styles.title} id={titleId}>
        {asks} asks: {title.charAt(0).toLowerCase() + title.slice(1)}?
      </h4>
      <dl className={styles.arguments}>
        {input.map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <label className="visually-hidden" htmlFor={reasonId}>
        A reason, if you decline
      </label>
      <input
        id={reasonId}
        className={styles.reason}
        name="reason"
        placeholder="A reason, if you decline"
        maxLength={200}
        autoComplete="off"
      />
      {/* Not disabled while they send, or the keyboard focus would be lost; a second press does nothing. */}
      <span className={styles.buttons} aria-busy={sending !== undefined}>
        <button className={styles.decline} value="decline" aria-disabled={sending !== undefined}>
          {sending === 'decline' ? 'Declining…' : 'Decline'}
        </button>
        <button className={styles.approve} value="approve" aria-disabled={sending !== undefined}>
          {sending === 'approve' ? 'Approving…' : 'Approve'}
        </button>
      </span>
      {error !== undefined && (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
    </form>
  )
}

function titleOf({ toolName }: ShownApproval): string {
  return titles[toolName] ?? toolName
}

/** The button that was pressed. Enter in the field presses the first one, which does no harm. */
function submitterOf({ nativeEvent }: FormEvent): string | undefined {
  const submitter = nativeEvent instanceof SubmitEvent ? nativeEvent.submitter : undefined
  return submitter instanceof HTMLButtonElement ? submitter.value : undefined
}

/** What went wrong, in words for people, or `undefined`. The token is fetched for this one use, and kept nowhere. */
async function send(approvalId: string, approved: boolean, reason: string): Promise<string | undefined> {
  try {
    const { requests = [] }: Waiting = await (await fetch('/api/approvals')).json()
    const approvalToken = requests.find((request) => request.approvalId === approvalId)?.approvalToken
    const response = await fetch('/api/approvals', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        approvalId,
        approved,
        // A denial needs none; with it, nobody can approve any more.
        approvalToken,
        ...(!approved && reason !== '' && { reason }),
      }),
    })
    if (response.ok) return undefined
    const answer: { error?: string } = await response.json()
    return answer.error ?? 'The server refused.'
  } catch {
    return 'The server cannot be reached. Try again in a moment.'
  }
}

interface Waiting {
  readonly requests?: readonly { readonly approvalId: string; readonly approvalToken?: string }[]
}
