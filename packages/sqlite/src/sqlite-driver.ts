import { DatabaseSync } from 'node:sqlite'
import {
  CruxError,
  type CommitGroup,
  type EntityRef,
  type GroupResult,
  type StoreDriver,
  type StoredRecord,
  type StoreHead,
} from '@crux/core'
import { checkSchemaVersion, setUpDatabase } from './sqlite-schema.ts'
import { prepareStatements, type Statements } from './statements.ts'
import { isLocked, whenFree } from './when-free.ts'

/** How long one call may block this process because another one writes, in milliseconds. */
const blockingMs = 10

/** Where the database is, and how it is used. */
export interface SqliteDriverOptions {
  readonly path: string
  readonly synchronous: 'full' | 'normal'
  /** How long a call waits for a file that another process keeps locked, in milliseconds. */
  readonly busyMs: number
}

/** The one row that says where the store stands. */
interface Meta extends StoreHead {
  readonly version: number
  readonly floor: number
}

/** What a commit must know of a key before it writes it. */
type KeyState = Pick<StoredRecord, 'revision' | 'seq' | 'commitId'>

/** Opens a database. Throws `store-unavailable` if that fails; the tables are made with the first call. */
export function createSqliteDriver({ path, synchronous, busyMs }: SqliteDriverOptions): StoreDriver {
  const db = open(path)
  let prepared: Statements | undefined

  const statements = () => {
    if (prepared === undefined) {
      setUpDatabase(db, synchronous)
      prepared = prepareStatements(db)
    }
    return prepared
  }

  /** Everything that `job` reads is of one state, and all that it writes lands together or not at all. */
  const inTransaction = async <T>(begin: 'begin' | 'beginWrite', job: (sql: Statements) => T): Promise<T> => {
    let isCommitting = false
    const attempt = () => {
      isCommitting = false
      const sql = statements()
      sql[begin].run()
      try {
        const answer = job(sql)
        isCommitting = true
        sql.commit.run()
        return answer
      } catch (error) {
        rollBack(sql)
        throw error
      }
    }
    try {
      return await whenFree(busyMs, attempt)
    } catch (error) {
      // Whether a failed `commit` is in the file, only the next one who opens it can tell.
      throw isCommitting && !isLocked(error) ? error : notExecuted(error)
    }
  }

  return {
    head: () =>
      inTransaction('begin', (sql) => {
        const { epoch, seq, purged } = readMeta(sql)
        return { epoch, seq, purged }
      }),
    read: (refs) =>
      inTransaction('begin', (sql) =>
        refs.map(({ key, entity }) => sql.record.get(key, entity) as StoredRecord | undefined),
      ),
    scan: ({ prefix, entity, after, limit }) =>
      inTransaction('begin', (sql) => {
        // One more than asked for, to know whether there is a next page.
        const found = recordsOf(
          entity === undefined
            ? sql.scan.all(...(after ?? `${prefix} `).split(' '), endOf(prefix), limit + 1)
            : sql.scanEntity.all(entity, after ?? prefix, endOf(prefix), limit + 1),
        )
        const records = found.slice(0, limit)
        const last = found.length > limit ? records.at(-1) : undefined
        // A space sorts below every character of a key, so this is the first place behind the last record.
        return last === undefined ? { records } : { records, next: `${last.key} ${last.entity}` }
      }),
    since: ({ prefix, after, limit }) =>
      inTransaction('begin', (sql) => {
        const { epoch, seq, purged } = readMeta(sql)
        const records = recordsOf(sql.since.all(after, prefix, endOf(prefix), limit))
        const last = records.length < limit ? undefined : records.at(-1)
        if (last === undefined) return { epoch, records, upTo: seq, purged }
        const rest = recordsOf(sql.sinceUpTo.all(last.seq, last.end, prefix, endOf(prefix)))
        return { epoch, records: [...records, ...rest], upTo: last.end, purged }
      }),
    commit: (groups) =>
      inTransaction('beginWrite', (sql) => {
        const { version, epoch, seq, floor } = readMeta(sql)
        checkSchemaVersion(version)
        let position = seq
        const results = groups.map((group) => {
          const known = judge(sql, group, floor)
          if (known !== undefined) return known
          const first = position + 1
          position += group.writes.length
          write(sql, group, first, floor)
          return { first, floor }
        })
        if (position > seq) sql.advance.run(position)
        return { epoch, results }
      }),
    forget: (refs) =>
      inTransaction('beginWrite', (sql) => {
        const found = refs.map((ref) => stateOf(sql, ref))
        if (refs.some(({ revision }, index) => found[index]?.revision !== revision)) return 0
        for (const { key, entity } of refs) sql.delete.run(key, entity)
        for (const state of found) if (state !== undefined) sql.forgot.run(state.revision, state.seq)
        return refs.length
      }),
    renewEpoch: () =>
      inTransaction('beginWrite', (sql) => {
        sql.renew.run(crypto.randomUUID())
      }),
    close: async () => db.close(),
  }
}

function open(path: string): DatabaseSync {
  try {
    const db = new DatabaseSync(path)
    db.exec(`pragma busy_timeout = ${blockingMs}`)
    return db
  } catch (cause) {
    const message =
      'SQLite cannot open the file: see the cause, and that the folder exists and may be written to.'
    throw new CruxError('store-unavailable', message, { cause, details: { path, outcome: 'none' } })
  }
}

/** The answer to a commit that is not to be written: that of its first time, or a conflict (STO-5). */
function judge(sql: Statements, { id, writes }: CommitGroup, floor: number): GroupResult | undefined {
  let conflict: GroupResult | undefined
  let first: number | undefined
  let floorThen = floor
  for (const [index, { key, entity, ifRevision }] of writes.entries()) {
    const state = stateOf(sql, { key, entity })
    const revision = state?.revision ?? 0
    if (state?.commitId === id) {
      first = state.seq - index
      // The floor may have moved since: a key that was new then tells where it was.
      if (ifRevision === 0) floorThen = revision - 1
    } else if (revision !== ifRevision) conflict ??= { conflict: { entity, key, revision } }
  }
  return first === undefined ? conflict : { first, floor: floorThen }
}

function write(sql: Statements, { id, writes }: CommitGroup, first: number, floor: number): void {
  const end = first + writes.length - 1
  for (const [index, { key, entity, value, event, ifRevision }] of writes.entries()) {
    const isNew = ifRevision === 0
    const revision = (isNew ? floor : ifRevision) + 1
    sql[isNew ? 'insert' : 'update'].run(value, event, revision, first + index, end, id, key, entity)
  }
}

// What the rows hold, only the statements above have written, into columns with a type.

function readMeta(sql: Statements): Meta {
  return sql.meta.get() as unknown as Meta
}

function stateOf(sql: Statements, { key, entity }: EntityRef): KeyState | undefined {
  return sql.state.get(key, entity) as KeyState | undefined
}

function recordsOf(rows: unknown[]): StoredRecord[] {
  return rows as StoredRecord[]
}

/** Above every key with that prefix and below every other key above it: no character of a key is as high. */
function endOf(prefix: string): string {
  return `${prefix}\x7f`
}

function rollBack(sql: Statements): void {
  try {
    sql.rollback.run()
  } catch {
    // After a full disk and the like SQLite has rolled back by itself.
  }
}

function notExecuted(cause: unknown): CruxError {
  if (CruxError.is(cause)) return cause
  const message = isLocked(cause)
    ? 'The SQLite file stays locked by another process: try again later.'
    : 'SQLite refused a call, and nothing was done: see the cause.'
  return new CruxError('store-unavailable', message, { cause, details: { outcome: 'none' } })
}
