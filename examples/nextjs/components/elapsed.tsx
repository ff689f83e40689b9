import { clockText } from './duration.ts'
import { useNow } from './use-now.ts'

interface ElapsedProps {
  readonly from: number | undefined
  /** Missing while it goes on: the figure then counts up. */
  readonly to: number | undefined
}

/** How long something has taken. */
export function Elapsed({ from, to }: ElapsedProps) {
  const now = useNow(from !== undefined && to === undefined)
  const end = to ?? now
  return from !== undefined && end !== undefined ? <>{clockText(end - from)}</> : null
}
