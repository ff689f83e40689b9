import type { EntityRef, GroupResult, StoreDriver, StoredRecord } from '@crux/core'
import { commitArguments } from './commit-arguments.ts'
import { queriesOf } from './queries.ts'
import { schemaSql, schemaVersion } from './schema-sql.ts'
import type { Row, SqlConnection } from './sql-connection.ts'
import { isUndone, wrongVersion } from './store-error.ts'

/** How often a statement is sent that PostgreSQL undoes for the sake of others. */
const maxAttempts = 10

/** A driver, and what makes the tables for it. */
export interface PostgresDriver extends StoreDriver {
  readonly migrate: () => Promise<void>
}

/** A driver over any client of PostgreSQL. `schema` is a checked name. */
export function createPostgresDriver(connection: SqlConnection, schema: string): PostgresDriver {
  const sql = queriesOf(schema)
  let versionChecked: Promise<void> | undefined

  const checkVersion = async () => {
    const [row] = await connection.query(sql.head)
    const found = Number(row?.['version'])
    if (found !== schemaVersion) throw wrongVersion(found)
  }

  /** Asks once which version the tables have; `crux_commit` and `crux_forget` look again each time. */
  const query = async (text: string, values?: readonly unknown[]) => {
    const checking = (versionChecked ??= checkVersion())
    try {
      await checking
    } catch (error) {
      if (versionChecked === checking) versionChecked = undefined
      throw error
    }
    return connection.query(text, values)
  }

  const write = async (text: string, values?: readonly unknown[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await query(text, values)
      } catch (error) {
        if (!isUndone(error) || attempt === maxAttempts) throw error
      }
      const waitMs = Math.random() * 10 * attempt
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  return {
    head: async () => {
      const [row] = await query(sql.head)
      return { epoch: String(row?.['epoch']), seq: Number(row?.['seq']), purged: Number(row?.['purged']) }
    },
    read: async (refs) => {
      const rows = await query(sql.read, [refs.map(({ key }) => key), refs.map(({ entity }) => entity)])
      return rows.map((row) => (row['key'] === null ? undefined : recordOf(row)))
    },
    scan: async ({ prefix, entity, after, limit }) => {
      // One more than asked for, to know whether there is a next page.
      const found =
        entity === undefined
          ? await query(sql.scan, [...(after ?? `${prefix} `).split(' '), endOf(prefix), limit + 1])
          : await query(sql.scanEntity, [entity, after ?? prefix, endOf(prefix), limit + 1])
      const records = found.slice(0, limit).map(recordOf)
      const last = found.length > limit ? records.at(-1) : undefined
      // A space sorts below every character of a key, so this is the first place behind the last record.
      return last === undefined ? { records } : { records, next: `${last.key} ${last.entity}` }
    },
    since: async ({ prefix, after, limit }) => {
      const [head, ...rows] = await query(sql.since, [after, prefix, endOf(prefix), limit])
      return {
        epoch: String(head?.['epoch']),
        records: rows.map(recordOf),
        upTo: Number(head?.['up_to']),
        purged: Number(head?.['purged']),
      }
    },
    commit: async (groups) => {
      const rows = await write(sql.commit, [schemaVersion, ...commitArguments(groups)])
      return { epoch: String(rows[0]?.['in_epoch']), results: rows.map(resultOf) }
    },
    forget: async (refs) => {
      const columns = [refs.map(({ key }) => key), refs.map(({ entity }) => entity)]
      const revisions = refs.map(({ revision }) => revision)
      const [row] = await write(sql.forget, [schemaVersion, ...columns, revisions])
      return Number(row?.['forgotten'])
    },
    renewEpoch: async () => {
      await write(sql.renewEpoch)
    },
    onHint: (wake) => connection.listen(`crux:${schema}`, wake),
    close: connection.close,
    migrate: async () => {
      await connection.query(schemaSql(schema))
    },
  }
}

/** Numbers of eight bytes come as text from `pg`, and as numbers from PGlite. */
function recordOf(row: Row): StoredRecord {
  const { key, entity, value, event, revision, seq, end_seq: end, commit_id: commitId } = row
  const numbers = { revision: Number(revision), seq: Number(seq), end: Number(end) }
  // Nobody but `crux_commit` writes these columns, and it gets them from core.
  return { key, entity, value, event, ...numbers, commitId } as StoredRecord
}

function resultOf(row: Row): GroupResult {
  const { first_seq: first, floor_then: floor, conflict_key: key, conflict_entity: entity } = row
  if (key === null) return { first: Number(first), floor: Number(floor) }
  const ref = { key, entity } as EntityRef
  return { conflict: { ...ref, revision: Number(row['conflict_revision']) } }
}

/** Above every key with that prefix and below every other key above it: no character of a key is as high. */
function endOf(prefix: string): string {
  return `${prefix}\x7f`
}
