import { createCruxStore, type ChangeBatch, type CruxStore } from '@crux/core'
import { driverFaults, faultyDriver } from '@crux/core/testing'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { listWrite, planWrite, taskWrite } from '../../src/testing/store-contract/example-writes.ts'
import { nameOfRecord, stateOf, storeState } from '../../src/testing/store-contract/record-feed.ts'

/** How many schedules are tried; the reliability run asks for more. */
const numRuns = Number(process.env['CRUX_RUNS'] ?? 150)

const lists = ['a:l1', 'a:b:l2', 'ab:l3', 'A:l4', 'l5'] as const
const scopes = ['', 'a:', 'a:b:', 'ab:'] as const

/** One step of a schedule: `who` picks a store or a reader. */
type Step =
  | {
      readonly do: 'change'
      readonly who: number
      readonly list: number
      readonly task: number
      readonly isEnd: boolean
    }
  | { readonly do: 'flood'; readonly who: number }
  | { readonly do: 'purge' | 'renew' | 'drop'; readonly who: number }
  | { readonly do: 'read'; readonly who: number; readonly batches: number }
  | { readonly do: 'fail'; readonly who: number; readonly method: 'head' | 'since' | 'scan' | 'commit' }
  | { readonly do: 'wait'; readonly ms: number }

const who = fc.nat(3)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('change'),
      who,
      list: fc.nat(4),
      task: fc.nat(3),
      isEnd: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flood'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('purge'), who }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('read'), who, batches: fc.nat(12) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('drop'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew'), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fail'),
      who,
      method: fc.constantFrom('head', 'since', 'scan', 'commit'),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(300) }) },
)

/** A client that drops its connection and comes back with its last cursor, as often as it likes. */
function createReader(store: CruxStore) {
  const batches: ChangeBatch[] = []
  let cursor: string | undefined
  let abort = new AbortController()
  let feed: AsyncIterator<ChangeBatch> | undefined
  let pending: Promise<void> | undefined

  const next = async (from: AsyncIterator<ChangeBatch>) => {
    try {
      const { value, done } = await from.next()
      if (from !== feed) return
      if (done === true) feed = undefined
      else {
        batches.push(value)
        // What it held is gone with a reset, so what its old cursor stood for is, too (STO-6).
        cursor = value.cursor ?? (value.reset ? undefined : cursor)
      }
    } catch {
      if (from === feed) feed = undefined
    } finally {
      if (from === feed || feed === undefined) pending = undefined
    }
  }

  return {
    batches,
    /** Asks for the next batch, unless it waits for one already. */
    read: () => {
      if (feed === undefined) {
        abort = new AbortController()
        const options =
          cursor === undefined ? { signal: abort.signal } : { after: cursor, signal: abort.signal }
        feed = store.changes(options)[Symbol.asyncIterator]()
      }
      pending ??= next(feed)
    },
    drop: () => {
      abort.abort()
      feed = undefined
      pending = undefined
    },
    isReady: () =>
      feed !== undefined && batches.findLast((batch) => batch.reset ?? batch.ready)?.ready === true,
  }
}

async function runSchedule(steps: readonly Step[]): Promise<void> {
  const base = createInMemoryDriver()
  const faulty = [faultyDriver(base), faultyDriver(base)] as const
  const stores = faulty.map(({ driver }) => createCruxStore(driver, { pollIntervalMs: 100 }))
  const direct = createCruxStore(base)
  const readers = scopes.map((scope, index) => createReader((stores[index % 2] ?? direct).scope(scope)))
  const commits: Promise<unknown>[] = []
  /** What each list and task was last, also after it was purged. */
  const last = new Map<string, { readonly version: number; readonly isEnded: boolean }>()
  let version = 0

  const change = async (store: CruxStore, key: string, task: number, isEnd: boolean) => {
    const refs = [
      { entity: 'task', key: `${key}/t${task}` },
      { entity: 'tasklist', key },
    ] as const
    const [oldTask, oldList] = await direct.getMany(refs)
    version++
    const updatedAt = version
    const ended = isEnd ? { completedAt: 1 } : {}
    const writes = [
      taskWrite(key, `t${task}`, { updatedAt }, oldTask?.revision ?? 0),
      listWrite(key, { updatedAt, ...ended }, oldList?.revision ?? 0),
    ]
    await store.commit(writes)
    for (const write of writes) last.set(nameOfRecord(write), { version: updatedAt, isEnded: isEnd })
  }

  const take = async (each: Step) => {
    if (each.do === 'wait') return vi.advanceTimersByTimeAsync(each.ms)
    const store = stores[each.who % 2] ?? direct
    const reader = readers[each.who]
    switch (each.do) {
      case 'change':
        await change(direct, lists[each.list] ?? 'l', each.task, each.isEnd)
        // A commit of one of the stores that the readers read from, not waited for.
        commits.push(
          store.commit([planWrite(`${each.list % 2 === 0 ? 'a:' : 'ab:'}p${version}`)]).catch(() => {}),
        )
        return
      case 'flood': {
        const content = `flood ${version++}`
        const writes = Array.from({ length: 600 }, (_, index) =>
          planWrite(`a:f${version}-${index}`, { content }),
        )
        commits.push(store.commit(writes).catch(() => {}))
        return
      }
      case 'purge':
        await direct.purge({ before: 2 })
        return
      case 'renew':
        await direct.renewEpoch()
        return
      case 'fail':
        faulty[each.who % 2 === 0 ? 0 : 1].next(each.method, driverFaults.fail)
        return
      case 'read':
        for (let count = 0; count < each.batches; count++) {
          reader?.read()
          await vi.advanceTimersByTimeAsync(0)
        }
        return
      case 'drop':
        reader?.drop()
        return
    }
  }

  for (const each of steps) await take(each)
  // Afterwards every reader reads on until it is ready and there is nothing more.
  for (let round = 0; round < 120; round++) {
    for (const reader of readers) reader.read()
    await vi.advanceTimersByTimeAsync(round < 100 ? 100 : 2_000)
  }
  await Promise.all(commits)

  for (const [index, reader] of readers.entries()) {
    const scope = scopes[index] ?? ''
    expect(reader.isReady()).toBe(true)
    const state = new Map(stateOf(reader.batches))
    for (const { changes } of reader.batches) {
      // REL-23: nothing of another scope, in any batch.
      expect(changes.filter(({ key }) => !key.startsWith(scope))).toEqual([])
    }
    for (const [name, record] of await storeState(direct.scope(scope))) {
      expect(state.get(name)).toEqual(record)
      state.delete(name)
    }
    // A purge is no change, so a reader may keep what is gone: but only as it was when it had ended.
    for (const [name, record] of state) {
      const known = last.get(name)
      const mayBeGone = record.entity === 'task' || known?.isEnded === true
      expect([name, record.value.updatedAt, mayBeGone]).toEqual([name, known?.version, true])
    }
  }
  for (const store of stores) await store.close()
}

/** Once found: a reader leaves in the middle of a snapshot that began in mid-feed, and its old cursor is still of use. */
const leftMidSnapshot: Step[] = [
  { do: 'read', who: 1, batches: 1 },
  { do: 'change', who: 0, list: 0, task: 0, isEnd: true },
  { do: 'read', who: 1, batches: 3 },
  { do: 'purge', who: 0 },
  { do: 'flood', who: 0 },
  { do: 'wait', ms: 100 },
  { do: 'drop', who: 1 },
  { do: 'change', who: 0, list: 0, task: 0, isEnd: false },
]

test(
  'REL-1 STO-3 STO-4 any interleaving of writes, purges, failures, drops and resumes ends equal to the store',
  { timeout: 60_000 + numRuns * 200 },
  async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), runSchedule), {
      numRuns,
      examples: [[leftMidSnapshot]],
    })
  },
)
