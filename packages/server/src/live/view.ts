import { toDataPart, type CruxRecord, type SentRecord } from '@crux/core'
import { changeFrame } from './frames.ts'
import { refOf } from './progress-window.ts'

/** JSON of the parts of one round, so that all channels that send a value share one text (LIVE-18). */
export type PartTexts = Map<CruxRecord, string>

/** How a group of clients sees the records of its scope. */
export interface View {
  /** What it adds to the epoch of a cursor. */
  readonly tag: string
  /** True if all clients with this scope and tag are sent the same bytes. */
  readonly isShared: boolean
  /** The JSON of a record's data part; `undefined` if the record is left out. */
  readonly encode: (record: CruxRecord, texts?: PartTexts) => string | undefined
}

/** The view of clients that see everything as it is. */
export function createPlainView(tag: string): View {
  return { tag, isShared: true, encode: encodeShared }
}

/**
 * The view of one client through `project`. A record whose projection throws, or is no JSON, is left out, and the error
 * reported. A removed task is not projected: a projection that picks fields would lose `removedAt`, and the task would
 * come back to life at the client.
 */
export function createProjectedView(
  tag: string,
  project: (record: CruxRecord) => object | undefined,
  onError: (error: unknown) => void,
): View {
  return {
    tag,
    isShared: false,
    encode: (record, texts) => {
      const removedAt = removalOf(record)
      if (removedAt !== undefined) return encodePart({ ...record, value: { removedAt } })
      try {
        const value = project(record)
        if (value === record.value) return encodeShared(record, texts)
        return value && encodePart({ ...record, value })
      } catch (error) {
        onError(error)
        return undefined
      }
    },
  }
}

/** The JSON for a client that may hold the entity: what is left out has to be taken back (LIVE-12). */
export function encodeChange(view: View, record: CruxRecord, texts?: PartTexts): string {
  const text = view.encode(record, texts)
  return text ?? encodePart({ ...record, value: { removedAt: Date.now() }, event: 'removed' })
}

/** The frames of a batch; with `cursor` the last one carries it (LIVE-11). */
export function* batchFrames(
  view: View,
  changes: readonly CruxRecord[],
  cursor: string | undefined,
): Generator<string> {
  let left = changes.length
  for (const record of changes)
    yield changeFrame(encodeChange(view, record), --left === 0 ? cursor : undefined)
}

/**
 * The frames of one page of a snapshot, without ids. Removed tasks and what the view leaves out are absent, unless this
 * snapshot has already sent them: then they are taken back (LIVE-12). `sent` is kept from page to page.
 */
export function* snapshotFrames(
  view: View,
  changes: readonly CruxRecord[],
  sent: Set<string>,
): Generator<string> {
  for (const record of changes) {
    const ref = refOf(record)
    const text = removalOf(record) === undefined ? view.encode(record) : undefined
    if (text !== undefined) sent.add(ref)
    else if (!sent.delete(ref)) continue
    yield changeFrame(text ?? encodeChange(view, record), undefined)
  }
}

function encodeShared(record: CruxRecord, texts?: PartTexts): string {
  const known = texts?.get(record)
  if (known !== undefined) return known
  const text = encodePart(record)
  texts?.set(record, text)
  return text
}

function encodePart(record: SentRecord): string {
  return JSON.stringify(toDataPart(record))
}

/** When a task was removed, in ms since the epoch; `undefined` for whatever is not removed. */
export function removalOf(record: CruxRecord): number | undefined {
  return record.entity === 'task' ? record.value.removedAt : undefined
}
