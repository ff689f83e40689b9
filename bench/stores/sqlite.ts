import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { cruxSqliteStore } from '@crux/sqlite'
import { median } from '../measure/report.ts'
import { cpu, perStep, wall, type OpenStoreBench, type RecordSample } from './store-bench.ts'
import { changeAtOnce, changed, changeOneByOne, createList, type Pair } from './task-changes.ts'

/** The SQLite store beside a transaction by hand on the same tables and indexes (PERF-31, PERF-35). */
export const openSqliteBench: OpenStoreBench = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-bench-'))
  let files = 0

  const open = async (synchronous: 'full' | 'normal') => {
    const path = join(folder, `${++files}.db`)
    const store = cruxSqliteStore({ path, synchronous })
    const lists = (name: string) =>
      Promise.all(Array.from({ length: 64 }, (_, index) => createList(store, `s:${name}${index}`)))
    const pairs = await lists('ours')
    await changeOneByOne(store, pairs, 64)
    return { store, pairs, byHand: rawTransactions(path, synchronous, await lists('by-hand')) }
  }

  /** A commit in mode FULL waits for the disk, so the clock tells. In turn and by the median: the disk has moods. */
  const measureFull = async (record: RecordSample) => {
    const { store, pairs, byHand } = await open('full')
    const times = { ours: [] as number[], atOnce: [] as number[], raw: [] as number[] }
    for (let step = 0; step < 150; step++) {
      times.ours.push(await perStep(wall, 1, () => changeOneByOne(store, pairs, 1)))
      times.raw.push(await perStep(wall, 1, () => byHand.change(1)))
      if (step % 10 === 0) times.atOnce.push(await perStep(wall, 64, () => changeAtOnce(store, pairs, 1)))
    }
    byHand.close()
    await store.close()
    const ours = median(times.ours)
    record('PERF-31', 'SQLite FULL, one at a time ÷ raw transaction, clock', ours / median(times.raw), {
      atMost: 1.2,
    })
    record('PERF-31', 'SQLite FULL, one at a time ÷ 64 at once, clock', ours / median(times.atOnce), {
      atLeast: 8,
    })
  }

  const measureNormal = async (record: RecordSample) => {
    const { store, pairs, byHand } = await open('normal')
    const count = 6_400
    const ours = await perStep(cpu, count, () => changeOneByOne(store, pairs, count))
    const atOnce = await perStep(cpu, 4 * count, () => changeAtOnce(store, pairs, (4 * count) / 64))
    const raw = await perStep(cpu, count, () => byHand.change(count))
    byHand.close()
    await store.close()
    record('PERF-31', 'SQLite NORMAL, one at a time ÷ raw transaction, CPU', ours / raw, { atMost: 2 })
    record('PERF-31', 'SQLite NORMAL, one at a time ÷ 64 at once, CPU', ours / atOnce, { atLeast: 2.5 })
  }

  const measureLists = async (record: RecordSample) => {
    const store = cruxSqliteStore({ path: join(folder, `${++files}.db`), synchronous: 'normal' })
    const small = [await createList(store, 's:small', 10)]
    const large = [await createList(store, 's:large', 10_000)]
    await changeOneByOne(store, small, 500)
    const inSmall = await perStep(cpu, 3_000, () => changeOneByOne(store, small, 3_000))
    const inLarge = await perStep(cpu, 3_000, () => changeOneByOne(store, large, 3_000))
    record('PERF-35', 'SQLite, a list of 10,000 tasks ÷ one of 10, CPU', inLarge / inSmall, { atMost: 1.3 })
    await store.close()
  }

  return {
    repeat: async (record) => {
      await measureFull(record)
      await measureNormal(record)
      await measureLists(record)
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true }),
  }
}

/** The least that does the same: count on, and write both rows if they are as they were. */
function rawTransactions(path: string, synchronous: 'full' | 'normal', pairs: readonly Pair[]) {
  const db = new DatabaseSync(path)
  db.exec(`pragma synchronous = ${synchronous}`)
  const begin = db.prepare('begin immediate')
  const count = db.prepare('update crux_meta set seq = seq + 2 returning seq')
  const update = db.prepare(`update crux_records
    set value = ?, event = 'updated', revision = ?, seq = ?, end_seq = ?, commit_id = ?
    where key = ? and entity = ? and revision = ?`)
  const commit = db.prepare('commit')
  const revisions = new Map<string, number>()

  const write = (
    record: Pair['task'] | Pair['list'],
    value: unknown,
    seq: number,
    end: number,
    id: string,
  ) => {
    const { key, entity } = record
    const revision = revisions.get(key) ?? record.revision
    const { changes } = update.run(JSON.stringify(value), revision + 1, seq, end, id, key, entity, revision)
    if (changes !== 1) throw new Error('The raw transaction lost a race.')
    revisions.set(key, revision + 1)
  }

  return {
    change: (changes: number) => {
      for (let index = 0; index < changes; index++) {
        const pair = pairs[index % pairs.length]
        if (pair === undefined) return
        const { task, list } = changed(pair)
        begin.run()
        const end = Number(count.get()?.['seq'])
        write(pair.task, task, end - 1, end, `raw-${index}`)
        write(pair.list, list, end, end, `raw-${index}`)
        commit.run()
      }
    },
    close: () => db.close(),
  }
}
