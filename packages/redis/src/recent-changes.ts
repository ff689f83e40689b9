import type { ChangePage, StoredRecord } from '@crux/core'
import { readRecord } from './record-text.ts'

/** What a commit script announced: everything that changed above `from`, up to `upTo`. */
export interface Announcement {
  readonly epoch: string
  readonly from: number
  readonly upTo: number
  readonly purged: number
  /** Who sent it. */
  readonly sender: string
  /** By position; `undefined` if there was too much to announce. */
  readonly records: readonly StoredRecord[] | undefined
  /** Length of the message. */
  readonly size: number
}

/** Announced changes that were not read yet, without a gap. */
export interface RecentChanges {
  readonly add: (announcement: Announcement) => void
  /** The changes above `after`, if they are known from there up to at least `atLeast`. */
  readonly since: (
    query: { readonly prefix: string; readonly after: number; readonly limit: number },
    epoch: string,
    atLeast: number,
  ) => ChangePage | undefined
}

/** Reads a message of the channel; `undefined` for what this version did not write, or that only wakes. */
export function readAnnouncement(message: string): Announcement | undefined {
  const [header = '', ...lines] = message.split('\n')
  const match = /^1 (\S+) (\d+) (\d+) (\d+) ([01]) (\S+)$/.exec(header)
  if (match === null) return undefined
  const [, epoch = '', from, upTo, purged, isWhole, sender = ''] = match
  try {
    return {
      epoch,
      from: Number(from),
      upTo: Number(upTo),
      purged: Number(purged),
      sender,
      records: isWhole === '1' ? lines.map(readLine) : undefined,
      size: message.length,
    }
  } catch {
    return undefined
  }
}

function readLine(line: string): StoredRecord {
  const nameEnd = line.indexOf(' ')
  return readRecord(line.slice(0, nameEnd), line.slice(nameEnd + 1))
}

/**
 * Keeps what was announced until it is read, so that following the changes takes no question to Redis (one less for
 * each commit and process). It is only a short cut: after a gap, or with more than `maxSize` characters, it knows
 * nothing, and whoever asks has to read.
 */
export function createRecentChanges({ maxSize }: { readonly maxSize: number }): RecentChanges {
  let known: Announcement[] = []
  let size = 0

  const clear = () => {
    known = []
    size = 0
  }

  return {
    add: (announcement) => {
      const last = known.at(-1)
      const follows = last?.epoch === announcement.epoch && last.upTo === announcement.from
      if (!follows || size + announcement.size > maxSize) clear()
      if (announcement.records === undefined) return clear()
      known.push(announcement)
      size += announcement.size
    },
    since: ({ prefix, after, limit }, epoch, atLeast) => {
      const told = known
      const [first] = told
      const last = told.at(-1)
      if (first === undefined || last === undefined) return undefined
      // The follower of the whole store reads each change once, and hardly anyone else asks.
      if (prefix === '') clear()
      if (first.epoch !== epoch || first.from > after || last.upTo <= after || last.upTo < atLeast)
        return undefined
      const newest = new Map<string, StoredRecord>()
      for (const { records = [] } of told) {
        for (const record of records) {
          const name = `${record.entity} ${record.key}`
          // A key stands where its last change is.
          newest.delete(name)
          if (record.seq > after && record.key.startsWith(prefix)) newest.set(name, record)
        }
      }
      if (newest.size > limit) return undefined
      return { epoch, records: [...newest.values()], upTo: last.upTo, purged: last.purged }
    },
  }
}
