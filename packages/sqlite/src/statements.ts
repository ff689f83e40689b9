import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Every statement that the driver runs, prepared once. */
export type Statements = Readonly<Record<keyof typeof texts, StatementSync>>

const columns = 'key, entity, value, event, revision, seq, end_seq as "end", commit_id as commitId'

const texts = {
  begin: 'begin',
  beginWrite: 'begin immediate',
  commit: 'commit',
  rollback: 'rollback',

  meta: 'select version, epoch, seq, purged, floor from crux_meta',
  advance: 'update crux_meta set seq = ?',
  forgot: 'update crux_meta set floor = max(floor, ?), purged = max(purged, ?)',
  renew: 'update crux_meta set epoch = ?',

  record: `select ${columns} from crux_records where key = ? and entity = ?`,
  state: 'select revision, seq, commit_id as commitId from crux_records where key = ? and entity = ?',
  insert: `insert into crux_records (value, event, revision, seq, end_seq, commit_id, key, entity)
    values (?, ?, ?, ?, ?, ?, ?, ?)`,
  update: `update crux_records set value = ?, event = ?, revision = ?, seq = ?, end_seq = ?, commit_id = ?
    where key = ? and entity = ?`,
  delete: 'delete from crux_records where key = ? and entity = ?',

  scan: `select ${columns} from crux_records where (key, entity) > (?, ?) and key < ?
    order by key, entity limit ?`,
  scanEntity: `select ${columns} from crux_records where entity = ? and key >= ? and key < ? order by key limit ?`,
  // `+` keeps the planner from reading the keys of the prefix instead of what changed.
  since: `select ${columns} from crux_records where seq > ? and +key >= ? and +key < ? order by seq limit ?`,
  sinceUpTo: `select ${columns} from crux_records where seq > ? and seq <= ? and +key >= ? and +key < ? order by seq`,
} as const

/** Prepares them all; the tables must be there. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(texts).map(([name, text]) => [name, db.prepare(text)])
  // The same names, each with its statement.
  return Object.fromEntries(prepared) as Statements
}
