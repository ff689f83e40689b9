import { encodeEvent } from '@crux/core/sse'

export interface ScriptPart {
  readonly entity: 'plan' | 'tasklist' | 'task'
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
  readonly event: 'created' | 'updated'
  readonly revision: number
}

/** One commit: the keys it writes, in order. */
export type ScriptCommit = readonly string[]

interface Row {
  readonly part: ScriptPart
  readonly seq: number
}

/**
 * A store and its SSE handler in a few lines: it knows what the frames of a connection are, given the cursor that the
 * client sent and how many commits there were by then. A key such as `p1` is a plan, `l1` a list, `l1/a` a task.
 */
export function liveScript(commits: readonly ScriptCommit[], epoch = 'e') {
  /** What each commit wrote, with its positions. */
  const written: Row[][] = []
  const revisions = new Map<string, number>()
  let seq = 0
  for (const keys of commits) {
    written.push(
      keys.map((key) => {
        const revision = (revisions.get(key) ?? 0) + 1
        revisions.set(key, revision)
        seq++
        return { seq, part: partOf(key, revision, seq) }
      }),
    )
  }
  const headAfter = (count: number) => written[count - 1]?.at(-1)?.seq ?? 0

  /** The newest row of each key after so many commits, by position. */
  const rowsAfter = (count: number) => {
    const rows = new Map<string, Row>()
    for (const row of written.slice(0, count).flat()) rows.set(row.part.key, row)
    return [...rows.values()].toSorted((a, b) => a.seq - b.seq)
  }

  const batch = (rows: readonly Row[], id: string | undefined) =>
    rows.map(({ part }, index) =>
      encodeEvent({
        event: 'data-crux',
        data: JSON.stringify(part),
        id: index === rows.length - 1 ? id : undefined,
      }),
    )

  return {
    /** What a client ends with, if it saw everything. */
    final: () => new Map(rowsAfter(commits.length).map(({ part }) => [part.key, part])),
    /** The frames of a connection that begins after at least `least` commits and sees all further ones live. */
    frames(cursor: string, least: number): string[] {
      const after = cursor.startsWith(`${epoch}.`) ? Number(cursor.slice(epoch.length + 1)) : undefined
      // Nobody has a cursor of what has not happened yet.
      const count = Math.max(least, written.filter((rows) => (rows.at(-1)?.seq ?? 0) <= (after ?? 0)).length)
      const head = headAfter(count)
      const frames = [`${encodeEvent({ comment: '' })}`]
      if (after === undefined) {
        frames.push(encodeEvent({ event: 'crux-sync', data: '{"phase":"reset"}' }))
        frames.push(...batch(rowsAfter(count), undefined))
      } else {
        const missed = rowsAfter(count).filter((row) => row.seq > after)
        // Two batches, as of a store that gives a page at a time.
        const [page, rest] = [missed.slice(0, 2), missed.slice(2)]
        frames.push(...batch(page, `${epoch}.${page.at(-1)?.seq}`), ...batch(rest, `${epoch}.${head}`))
      }
      frames.push(
        encodeEvent({
          event: 'crux-sync',
          data: '{"phase":"ready","heartbeatMs":15000}',
          id: `${epoch}.${head}`,
        }),
      )
      for (const rows of written.slice(count)) {
        frames.push(...batch(rows, `${epoch}.${rows.at(-1)?.seq}`), encodeEvent({ comment: '' }))
      }
      frames.push(
        encodeEvent({ event: 'crux-end', data: '{"reason":"gone","reconnect":false}', id: 'sse:end' }),
      )
      return frames
    },
  }
}

function partOf(key: string, revision: number, seq: number): ScriptPart {
  const event = revision === 1 ? 'created' : 'updated'
  if (key.startsWith('p'))
    return { entity: 'plan', key, event, revision, value: { title: `${key} at ${seq}` } }
  if (key.includes('/'))
    return { entity: 'task', key, event, revision, value: { label: `é ${key} at ${seq}` } }
  return { entity: 'tasklist', key, event, revision, value: { title: `${key} at ${seq}` } }
}
