import type { DatabaseSync } from 'node:sqlite'
import { CruxError } from '@crux/core'

/** Goes up with each change of the tables. */
const schemaVersion = 1

// Keys compare as bytes, SQLite's default. Not WITHOUT ROWID: a value may have hundreds of kilobytes.
const tables = `
  create table if not exists crux_meta (
    id integer primary key check (id = 1),
    version integer not null,
    epoch text not null,
    seq integer not null,
    purged integer not null,
    floor integer not null
  ) strict;
  create table if not exists crux_records (
    key text not null,
    entity text not null,
    value text not null,
    event text not null,
    revision integer not null,
    seq integer not null,
    end_seq integer not null,
    commit_id text not null,
    primary key (key, entity)
  ) strict;
  create unique index if not exists crux_records_seq on crux_records (seq);
  create index if not exists crux_records_entity on crux_records (entity, key);
`

/**
 * Brings a database into the state that the driver works with. Repeating it, also by several processes at once, does
 * nothing. Throws `store-unavailable` for tables of a newer version, and SQLite's own error while the file is locked.
 */
export function setUpDatabase(db: DatabaseSync, synchronous: 'full' | 'normal'): void {
  const mode = db.prepare('pragma journal_mode = wal').get()?.['journal_mode']
  if (mode !== 'wal' && mode !== 'memory')
    throw unusable(`SQLite cannot keep a write-ahead log for this file: put it on a local disk.`)
  db.exec(`pragma synchronous = ${synchronous}`)
  db.exec('begin immediate')
  try {
    const isNew = db.prepare("select 1 from sqlite_schema where name = 'crux_meta'").get() === undefined
    if (isNew) db.exec(tables)
    const meta =
      'insert or ignore into crux_meta (id, version, epoch, seq, purged, floor) values (1, ?, ?, 0, 0, 0)'
    if (isNew) db.prepare(meta).run(schemaVersion, crypto.randomUUID())
    checkSchemaVersion(db.prepare('select version from crux_meta').get()?.['version'])
    db.exec('commit')
  } catch (error) {
    db.exec('rollback')
    throw error
  }
}

/** Throws `store-unavailable` for tables that this version of the package does not know. */
export function checkSchemaVersion(found: unknown): void {
  if (found === schemaVersion) return
  throw unusable(
    `The SQLite file has tables of version ${String(found)}, and this @crux/sqlite knows version ${schemaVersion}: ` +
      'update the package.',
  )
}

function unusable(message: string): CruxError {
  return new CruxError('store-unavailable', message, { details: { outcome: 'none' } })
}
