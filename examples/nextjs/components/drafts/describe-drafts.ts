import type { StructuredState } from '@crux/core/structured'
import type { DraftKind, Email, ToDoList } from '../../agent/drafts.ts'
import { endOf, ends } from './draft-sheet.tsx'

/** What the page shows of the drafts at one moment. */
export interface DraftsSnapshot {
  readonly email: StructuredState<Email> | undefined
  readonly list: StructuredState<ToDoList> | undefined
  readonly writing: readonly DraftKind[]
}

/** What began or ended between two moments, in sentences; empty if nothing did, however much was written. */
export function describeDrafts(before: DraftsSnapshot, after: DraftsSnapshot): string {
  const begins = after.writing.length > 0 && before.writing !== after.writing
  const sentences = [
    begins && `Writing the ${after.writing.join(' and the ')}.`,
    describeEnd('email', before.email, after.email),
    describeEnd('list', before.list, after.list),
  ]
  return sentences.filter(Boolean).join(' ')
}

function describeEnd(
  kind: DraftKind,
  before: StructuredState | undefined,
  after: StructuredState | undefined,
): string | undefined {
  if (!after || after.status === 'streaming' || after.status === before?.status) return undefined
  if (after.status === 'done') return `The ${kind} is written.`
  return `The ${kind} is not complete: ${ends[endOf(after.error.code)].reason}`
}
