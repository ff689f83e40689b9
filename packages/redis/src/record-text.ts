import type { ChangeEvent, EntityName, EntityRef, StoredRecord } from '@crux/core'
import { brokenData } from './redis-errors.ts'

/** NUL sorts below every character of a key, so that names are in byte order of (key, entity). */
const separator = '\0'

const entityNames: readonly EntityName[] = ['plan', 'tasklist', 'task']
const entities = new Map<string, EntityName>(entityNames.map((name) => [name, name]))
const eventNames: readonly ChangeEvent[] = [
  'created',
  'updated',
  'completed',
  'discarded',
  'added',
  'removed',
]
const events = new Map<string, ChangeEvent>(eventNames.map((name) => [name, name]))

/** What a record is called in every hash and set: its key, NUL, its entity. */
export function nameOfRecord({ key, entity }: EntityRef): string {
  return key + separator + entity
}

/**
 * Reads a record from its name and its text, `<revision> <seq> <end> <commit id> <event> <value>`. The value is JSON,
 * and no JSON text has a line break or NUL in it, so that records can stand on lines of their own.
 */
export function readRecord(name: string, text: string): StoredRecord {
  const key = name.slice(0, name.indexOf(separator))
  const entity = entities.get(name.slice(key.length + 1))
  const revisionEnd = text.indexOf(' ')
  const seqEnd = text.indexOf(' ', revisionEnd + 1)
  const endEnd = text.indexOf(' ', seqEnd + 1)
  const idEnd = text.indexOf(' ', endEnd + 1)
  const eventEnd = text.indexOf(' ', idEnd + 1)
  const event = events.get(text.slice(idEnd + 1, eventEnd))
  if (entity === undefined || event === undefined) throw brokenData()
  return {
    entity,
    key,
    value: text.slice(eventEnd + 1),
    event,
    revision: Number(text.slice(0, revisionEnd)),
    seq: Number(text.slice(revisionEnd + 1, seqEnd)),
    end: Number(text.slice(seqEnd + 1, endEnd)),
    commitId: text.slice(endEnd + 1, idEnd),
  }
}
