import {
  type ChangePage,
  type CommitGroup,
  CruxError,
  type GroupResult,
  type StoreDriver,
  type StoredRecord,
} from '@crux/core'
import { listenToChannel } from './change-channel.ts'
import { createRecentChanges, readAnnouncement } from './recent-changes.ts'
import { nameOfRecord, readRecord } from './record-text.ts'
import { createRedisCaller } from './redis-caller.ts'
import { readClient, type RedisClient } from './redis-client.ts'
import { brokenData } from './redis-errors.ts'
import { createScript } from './script.ts'
import { commitGroups } from './scripts/commit-groups.ts'
import { forgetRecords } from './scripts/forget-records.ts'
import { readHead } from './scripts/read-head.ts'
import { readSince } from './scripts/read-since.ts'
import { renewEpoch } from './scripts/renew-epoch.ts'
import { scanRecords } from './scripts/scan-records.ts'

/** Which Redis, and where in it. */
export interface RedisDriverOptions {
  readonly client: RedisClient
  /** Before every key, in braces. */
  readonly keyPrefix: string
  /** When the store gives up a call; the driver gives up before it. */
  readonly timeoutMs: number
}

/** A commit with more than that is announced without its records: whoever follows reads them. */
const maxAnnouncedBytes = 64 * 1024

const scripts = {
  commit: createScript(commitGroups),
  forget: createScript(forgetRecords),
  head: createScript(readHead),
  renewEpoch: createScript(renewEpoch),
  scan: createScript(scanRecords),
  since: createScript(readSince),
}

/**
 * A driver for Redis. All keys have one hash tag, so that a cluster keeps them on one node:
 *
 * ```
 *   {prefix}:meta           hash: epoch, seq, purged, floor, and which server wrote last
 *   {prefix}:rec            hash: name -> record
 *   {prefix}:seq            sorted set: names by position
 *   {prefix}:lex            sorted set: names in byte order
 *   {prefix}:lex:<entity>   the same of one entity
 *   {prefix}:changes        channel
 * ```
 */
export function createRedisDriver({ client, keyPrefix, timeoutMs }: RedisDriverOptions): StoreDriver {
  const { open, keyPrefix: outerPrefix } = readClient(client)
  // Core sends a commit again at half of the time: by then it was sent, or not, and a silent connection is replaced.
  const caller = createRedisCaller({ open, connectMs: 0.4 * timeoutMs, silenceMs: 0.45 * timeoutMs })
  const tag = `{${checkKeyPrefix(outerPrefix + keyPrefix)}}`
  const key = (name: string) => `${tag}:${name}`
  const meta = key('meta')
  const records = key('rec')
  const positions = key('seq')
  const names = key('lex')
  const namesOf = { plan: key('lex:plan'), tasklist: key('lex:tasklist'), task: key('lex:task') }
  const updateKeys = [meta, records, positions]
  const allKeys = [...updateKeys, names, namesOf.plan, namesOf.tasklist, namesOf.task]
  const channel = key('changes')
  const sender = crypto.randomUUID().slice(0, 13)
  const recent = createRecentChanges({ maxSize: 16 * maxAnnouncedBytes })
  /** The newest epoch and position that an answer told of: what is older than that must not be given. */
  let seenEpoch = ''
  let seen = 0

  const see = (epoch: string, seq: number) => {
    seen = epoch === seenEpoch ? Math.max(seen, seq) : seq
    seenEpoch = epoch
  }

  return {
    head: async () => {
      const [epoch, seq, purged] = readList(await caller.run(scripts.head, [meta], []))
      const head = { epoch: readText(epoch), seq: readNumber(seq), purged: readNumber(purged) }
      see(head.epoch, head.seq)
      return head
    },
    read: async (refs) => {
      if (refs.length === 0) return []
      const asked = refs.map(nameOfRecord)
      const found = readList(await caller.command(records, 'HMGET', [records, ...asked]))
      return asked.map((name, index) => {
        const text = found[index]
        return typeof text === 'string' ? readRecord(name, text) : undefined
      })
    },
    scan: async ({ prefix, entity, after, limit }) => {
      const lower = after !== undefined ? `(${after.replace(' ', '\0')}` : prefix === '' ? '-' : `[${prefix}`
      // Above every key with that prefix: keys are ASCII.
      const upper = prefix === '' ? '+' : `(${prefix}\u{ff}`
      const index = entity === undefined ? names : namesOf[entity]
      // One more than asked tells whether there is a next page.
      const found = readPairs(
        await caller.run(scripts.scan, [meta, records, index], [lower, upper, String(limit + 1)]),
        0,
      )
      if (found.length <= limit) return { records: found }
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return last === undefined ? { records: [] } : { records: page, next: `${last.key} ${last.entity}` }
    },
    since: async (query) => {
      const known = recent.since(query, seenEpoch, seen)
      if (known !== undefined) return known
      const { prefix, after, limit } = query
      const answer = readList(
        await caller.run(scripts.since, updateKeys, [prefix, String(after), String(limit)]),
      )
      const [epoch, upTo, purged] = answer
      const page: ChangePage = {
        epoch: readText(epoch),
        records: readPairs(answer, 3),
        upTo: readNumber(upTo),
        purged: readNumber(purged),
      }
      see(page.epoch, page.upTo)
      return page
    },
    commit: async (groups) => {
      const args = [channel, sender, String(maxAnnouncedBytes)]
      for (const group of groups) addGroup(args, group)
      const keys = groups.some(addsKeys) ? allKeys : updateKeys
      const [epoch, ...answer] = readList(await caller.run(scripts.commit, keys, args))
      const results = groups.map((group, index) => readResult(group, answer, 3 * index))
      const end = results.reduce(
        (last, result, index) =>
          'first' in result ? Math.max(last, result.first + (groups[index]?.writes.length ?? 0) - 1) : last,
        0,
      )
      see(readText(epoch), end)
      return { epoch: readText(epoch), results }
    },
    forget: async (refs) => {
      if (refs.length === 0) return 0
      const args = [
        String(refs.length),
        ...refs.map(nameOfRecord),
        ...refs.map(({ revision }) => String(revision)),
      ]
      return readNumber(await caller.run(scripts.forget, allKeys, args))
    },
    renewEpoch: async () => {
      await caller.run(scripts.renewEpoch, [meta], [crypto.randomUUID(), channel])
    },
    onHint: (wake) =>
      listenToChannel(open, channel, {
        onSubscribed: wake,
        onMessage: (message) => {
          const announcement = readAnnouncement(message)
          // Channels are shared by the databases of a server, so another epoch may be another store.
          if (announcement?.epoch === seenEpoch) recent.add(announcement)
          // The answer of that commit tells of it, in this process.
          if (announcement?.sender !== sender) wake()
        },
      }),
    close: async () => caller.close(),
  }
}

function checkKeyPrefix(keyPrefix: string): string {
  if (/^[^{}]{1,200}$/s.test(keyPrefix)) return keyPrefix
  throw new CruxError(
    'invalid-value',
    `keyPrefix is ${JSON.stringify(keyPrefix)}: expected 1 to 200 characters without { and }, which the store adds itself.`,
  )
}

function addsKeys({ writes }: CommitGroup): boolean {
  return writes.some(({ ifRevision }) => ifRevision === 0)
}

function addGroup(args: string[], { id, writes }: CommitGroup): void {
  args.push(id, String(writes.length))
  for (const write of writes) args.push(nameOfRecord(write))
  for (const { ifRevision } of writes) args.push(String(ifRevision))
  for (const { event, value } of writes) args.push(`${event} ${value}`)
}

function readResult({ writes }: CommitGroup, answer: readonly unknown[], at: number): GroupResult {
  const [what, first, second] = answer.slice(at, at + 3).map(readNumber)
  if (first === undefined || second === undefined) throw brokenData()
  if (what === 0) return { first, floor: second }
  const write = writes[first]
  if (write === undefined) throw brokenData()
  return { conflict: { entity: write.entity, key: write.key, revision: second } }
}

/** Records out of names and texts in turn. */
function readPairs(answer: unknown, from: number): StoredRecord[] {
  const list = readList(answer)
  const found: StoredRecord[] = []
  for (let at = from; at < list.length; at += 2)
    found.push(readRecord(readText(list[at]), readText(list[at + 1])))
  return found
}

function readList(answer: unknown): readonly unknown[] {
  if (Array.isArray(answer)) return answer
  throw brokenData()
}

function readText(answer: unknown): string {
  if (typeof answer === 'string') return answer
  throw brokenData()
}

/** Some clients are told to give numbers as text. */
function readNumber(answer: unknown): number {
  const number = typeof answer === 'string' ? Number(answer) : answer
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  throw brokenData()
}
