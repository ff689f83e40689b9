import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CruxStore, DurableCruxStore, Write } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { cruxSqliteStore, type SqliteStoreOptions } from '@crux/sqlite'
import { expect, test as base } from 'vitest'
import { setUpDatabase } from '../src/sqlite-schema.ts'

interface Fixtures {
  /** A file of this test's own, not made yet. */
  readonly path: string
  /** Opens a store that the test need not close. */
  readonly open: (options?: Partial<SqliteStoreOptions>) => DurableCruxStore
  /** The file, as another program sees it. */
  readonly file: () => DatabaseSync
}

const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the dependencies of a fixture from the pattern.
  path: async ({}, provide) => {
    const folder = mkdtempSync(join(tmpdir(), 'crux-sqlite-'))
    await provide(join(folder, 'crux.db'))
    rmSync(folder, { recursive: true })
  },
  open: async ({ path }, provide) => {
    const stores: CruxStore[] = []
    await provide((options = {}) => {
      const store = cruxSqliteStore({ path, synchronous: 'normal', pollIntervalMs: 50, ...options })
      stores.push(store)
      return store
    })
    for (const store of stores) await store.close()
  },
  file: async ({ path }, provide) => {
    const opened: DatabaseSync[] = []
    await provide(() => {
      const db = new DatabaseSync(path)
      opened.push(db)
      return db
    })
    for (const db of opened) db.close()
  },
})

function planWrite(key: string, ifRevision = 0): Write {
  const event = ifRevision === 0 ? 'created' : 'updated'
  return { entity: 'plan', key, value: examplePlan({ id: key }), event, ifRevision }
}

/** The batches of a feed up to its `ready`. */
async function catchUp(store: CruxStore, after: string) {
  const abort = new AbortController()
  const batches = []
  for await (const batch of store.changes({ after, signal: abort.signal })) {
    batches.push(batch)
    if (batch.ready) break
  }
  return batches
}

test('STO-1 a file has what was committed to it, and its cursors, after it was closed', async ({ open }) => {
  const first = open()
  const { cursor } = await first.commit([planWrite('a:p')])
  const { records } = await first.commit([planWrite('a:q')])
  await first.close()
  const second = open()
  expect(await catchUp(second, cursor)).toMatchObject([{ changes: records }, { ready: true }])
  expect((await second.list()).records).toHaveLength(2)
})

test('the log of a file is gone when its last store was closed', async ({ open, path }) => {
  const store = open()
  await store.commit([planWrite('a:p')])
  expect(existsSync(`${path}-wal`)).toBe(true)
  await store.close()
  expect(existsSync(`${path}-wal`)).toBe(false)
})

test.for([
  ['full', 2],
  ['normal', 1],
] as const)(
  'synchronous: %s is what SQLite is told, with a write-ahead log',
  ([synchronous, level], { file }) => {
    const db = file()
    setUpDatabase(db, synchronous)
    expect(db.prepare('pragma synchronous').get()).toEqual({ synchronous: level })
    expect(db.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
  },
)

test('other tables of the file are left alone', async ({ open, file }) => {
  const db = file()
  db.exec("create table meta (version text); insert into meta values ('mine'); pragma user_version = 7")
  const store = open()
  await store.commit([planWrite('a:p')])
  expect(db.prepare('select version from meta').get()).toEqual({ version: 'mine' })
  expect(db.prepare('pragma user_version').get()).toEqual({ user_version: 7 })
})

test('tables of a newer version are store-unavailable, and the error names both versions', async ({
  open,
  file,
}) => {
  const running = open()
  await running.commit([planWrite('a:p')])
  file().exec('update crux_meta set version = 2')
  const refused = { code: 'store-unavailable', message: expect.stringMatching(/version 2\b.*version 1\b/) }
  const started = open()
  await expect(started.get({ entity: 'plan', key: 'a:p' })).rejects.toMatchObject(refused)
  await expect(started.commit([planWrite('a:q')])).rejects.toMatchObject(refused)
  // A process that was running before the change must not write either.
  await expect(running.commit([planWrite('a:q')])).rejects.toMatchObject(refused)
  expect(file().prepare('select count(*) as count from crux_records').get()).toEqual({ count: 1 })
})

test('STO-5 while another process holds the lock this one goes on with other things, and then commits', async ({
  open,
  file,
}) => {
  const store = open()
  await store.commit([planWrite('a:p')])
  const other = file()
  other.exec('begin immediate')
  let isDone = false
  const committing = store.commit([planWrite('a:q')]).finally(() => (isDone = true))
  // Turns of the event loop that came while the commit waited.
  let turns = 0
  while (turns < 10) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    expect(isDone).toBe(false)
    turns++
  }
  // Readers do not wait for a writer.
  expect((await store.list()).records).toHaveLength(1)
  other.exec('commit')
  await committing
  expect((await store.list()).records).toHaveLength(2)
})

test('STO-5 a file that stays locked is store-unavailable with outcome none, and usable afterwards', async ({
  open,
  file,
}) => {
  const store = open({ timeoutMs: 250 })
  await store.commit([planWrite('a:p')])
  const other = file()
  other.exec('begin immediate')
  await expect(store.commit([planWrite('a:q')])).rejects.toMatchObject({
    code: 'store-unavailable',
    message: expect.stringContaining('locked'),
    details: { outcome: 'none' },
  })
  other.exec('rollback')
  expect((await store.list()).records).toHaveLength(1)
  await store.commit([planWrite('a:q')])
})

test('STO-20 an error in mid-transaction undoes all that went together, and says so', async ({
  open,
  file,
}) => {
  const store = open()
  await store.commit([planWrite('a:p')])
  file().exec(`create trigger broken before insert on crux_records when new.key = 'a:broken'
    begin select raise(abort, 'the disk is broken'); end`)
  const results = await Promise.allSettled([
    store.commit([planWrite('a:together')]),
    store.commit([planWrite('a:with'), planWrite('a:broken')]),
  ])
  const refused = { code: 'store-unavailable', details: { outcome: 'none' } }
  expect(results).toMatchObject([
    { status: 'rejected', reason: refused },
    { status: 'rejected', reason: refused },
  ])
  expect((await store.list()).records.map(({ key }) => key)).toEqual(['a:p'])
  await store.commit([planWrite('a:together')])
})

test('STO-12 after a backup was put back, renewEpoch makes a feed start over instead of skipping what differs', async ({
  open,
  path,
}) => {
  const before = open()
  await before.commit([planWrite('a:kept')])
  await before.close()
  copyFileSync(path, `${path}.backup`)
  const lost = open()
  const { cursor } = await lost.commit([planWrite('a:lost')])
  await lost.close()
  copyFileSync(`${path}.backup`, path)

  const restored = open()
  await restored.renewEpoch()
  // The same position as the lost one.
  await restored.commit([planWrite('a:instead')])
  const batches = await catchUp(restored, cursor)
  expect(batches[0]).toMatchObject({ reset: true })
  expect(batches.flatMap(({ changes }) => changes.map(({ key }) => key))).toEqual(['a:instead', 'a:kept'])
})

test('STO-30 what cannot be a file is refused when the store is made, without the path in the message', ({
  open,
  path,
}) => {
  const attempt = () => open({ path: join(path, 'no', 'folder.db') })
  expect(attempt).toThrow(expect.objectContaining({ code: 'store-unavailable' }))
  expect(attempt).not.toThrow(/folder\.db/)
})

test('a file that is no database is store-unavailable', async ({ open, path }) => {
  writeFileSync(path, 'This is not a database, but it is long enough to be looked at. '.repeat(20))
  await expect(open().list()).rejects.toMatchObject({ code: 'store-unavailable' })
})

test('options out of range are invalid-value', ({ open }) => {
  const refused = expect.objectContaining({ code: 'invalid-value' })
  expect(() => open({ path: '' })).toThrow(refused)
  expect(() => open({ timeoutMs: -1 })).toThrow(refused)
  // A program without types.
  expect(() => open({ synchronous: 'off' as 'full' })).toThrow(refused)
})
