import type { EntityName, EntityRef } from '../entities/entity.ts'
import { CruxError } from '../errors/index.ts'
import { checkScope, isInScope, newId, parseKey, parseScope, parseTaskKey } from '../ids/index.ts'
import { deepFreeze, encodeJson } from '../json/index.ts'
import type {
  ChangeBatch,
  CruxRecord,
  CruxStore,
  DurableCruxStore,
  StoreOptions,
  Write,
} from './crux-store.ts'
import { cursorEpoch, parseCursor } from './cursor.ts'
import { createKeyedQueue } from './keyed-queue.ts'
import type { StoreDriver, StoredRecord } from './store-driver.ts'
import { shareContention } from './transact.ts'

/** Makes a store of a driver: scopes, validation, encoding, paging, fan-out and feeds are done here, once (D11). */
export function createCruxStore(
  driver: StoreDriver,
  { maxRecordBytes = 262_144, contentionMs = 10_000 }: StoreOptions = {},
): DurableCruxStore {
  const contention = { queue: createKeyedQueue(), contentionMs }
  const listeners = new Set<(batch: { records: readonly CruxRecord[]; seq: number }) => void>()
  const enders = new Set<() => void>()
  let epoch: string | undefined
  let tail: Promise<unknown> = Promise.resolve()

  const commit = async (writes: readonly Write[]) => {
    const encoded = writes.map((write) => ({
      ...write,
      ...encodeJson(write.value, {
        maxBytes: maxRecordBytes,
        describe: () => `${write.entity} "${write.key}"`,
      }),
    }))
    const stored = encoded.map(({ entity, key, text, event, ifRevision }) => ({
      entity,
      key,
      value: text,
      event,
      ifRevision,
    }))
    const answer = await driver.commit([{ id: newId(), writes: stored }])
    epoch = answer.epoch
    const [result] = answer.results
    if (result === undefined || 'full' in result) throw new CruxError('store-full', 'The store is full.')
    if ('conflict' in result) {
      const { entity, key, revision } = result.conflict
      const details = { entity, key, revision }
      throw new CruxError(
        'conflict',
        `${entity} "${key}" is at revision ${revision}: read it again and retry.`,
        { details },
      )
    }
    const records = encoded.map(
      ({ entity, key, value, event, ifRevision }, index) =>
        // encodeJson copies what was given, so the value still has its type.
        ({
          entity,
          key,
          value,
          event,
          revision: (ifRevision === 0 ? result.floor : ifRevision) + 1,
          seq: result.first + index,
        }) as CruxRecord,
    )
    const end = result.first + records.length - 1
    for (const listener of listeners) listener({ records, seq: end })
    return { records, end }
  }

  const createView = (scopePrefix: string): DurableCruxStore => {
    const cursorAt = (seq: number) => {
      if (epoch === undefined) throw new CruxError('store-unavailable', 'The store has not answered yet.')
      return `${cursorEpoch(epoch, scopePrefix)}.${seq}`
    }
    const checkRef = ({ entity, key }: EntityRef) =>
      checkScope(scopePrefix, entity === 'task' ? parseTaskKey(key) : parseKey(key))
    const inScope = (record: CruxRecord) => isInScope(scopePrefix, record.key)

    async function getMany<E extends EntityName>(refs: readonly EntityRef<E>[]) {
      refs.forEach(checkRef)
      // The driver answers in the order asked, so each record is of the entity that was asked for.
      return (await driver.read(refs)).map((record) => record && (decode(record) as CruxRecord<E>))
    }

    async function* changes({ after, signal }: { readonly after?: string; readonly signal: AbortSignal }) {
      const queue: { records: readonly CruxRecord[]; seq: number }[] = []
      let wake = () => {}
      let ended = signal.aborted
      const end = () => {
        ended = true
        wake()
      }
      const listener = (batch: { records: readonly CruxRecord[]; seq: number }) => {
        queue.push(batch)
        wake()
      }
      listeners.add(listener)
      enders.add(end)
      signal.addEventListener('abort', end)
      try {
        const head = await driver.head()
        epoch = head.epoch
        const cursor = after === undefined ? undefined : parseCursor(after)
        const resumes =
          cursor?.epoch === cursorEpoch(head.epoch, scopePrefix) &&
          cursor.seq <= head.seq &&
          cursor.seq >= head.purged
        let position = head.seq
        if (resumes) {
          const { records, upTo } = await driver.since({ prefix: scopePrefix, after: cursor.seq, limit: 1e9 })
          if (records.length > 0) yield { changes: records.map(decode), cursor: cursorAt(upTo) }
          position = upTo
        } else {
          const { records } = await driver.scan({ prefix: scopePrefix, limit: 1e9 })
          yield { changes: records.map(decode), reset: true as const }
        }
        yield { changes: [], cursor: cursorAt(position), ready: true as const }
        while (!ended) {
          const batch = queue.shift()
          if (batch === undefined) await new Promise<void>((resolve) => (wake = resolve))
          else if (batch.seq > position) {
            const inside = batch.records.filter(inScope)
            if (inside.length > 0) yield { changes: inside, cursor: cursorAt(batch.seq) }
          }
        }
      } finally {
        listeners.delete(listener)
        enders.delete(end)
        signal.removeEventListener('abort', end)
      }
    }

    const view: DurableCruxStore = {
      scopePrefix,
      get: async (ref) => (await getMany([ref]))[0],
      getMany,
      list: async ({ entity, prefix = '', after, limit = 100 } = {}) => {
        const absolute = prefix.includes(':') ? prefix : scopePrefix + prefix
        checkScope(scopePrefix, absolute)
        const page = await driver.scan({
          prefix: absolute,
          limit,
          ...(entity !== undefined && { entity }),
          ...(after !== undefined && { after }),
        })
        const records = page.records.map(decode)
        return page.next === undefined ? { records } : { records, next: page.next }
      },
      commit: async (writes) => {
        for (const write of writes) checkRef(write)
        const run = tail.then(() => commit(writes))
        tail = run.catch(() => {})
        const { records, end } = await run
        return { records, cursor: cursorAt(end) }
      },
      changes,
      subscribe: (listener) => {
        const heard = ({ records, seq }: { records: readonly CruxRecord[]; seq: number }) => {
          const inside = records.filter(inScope)
          const batch: ChangeBatch = { changes: inside, cursor: cursorAt(seq) }
          if (inside.length > 0) listener(batch)
        }
        listeners.add(heard)
        return () => void listeners.delete(heard)
      },
      cursorAt,
      scope: (prefix) => createView(scopePrefix + parseScope(prefix)),
      purge: async () => 0,
      renewEpoch: driver.renewEpoch,
      close: async () => {
        for (const end of enders) end()
        listeners.clear()
      },
    }
    shareContention(view satisfies CruxStore, contention)
    return view
  }

  return createView('')
}

function decode({ entity, key, value, event, revision, seq }: StoredRecord): CruxRecord {
  // The text was encoded from a value of that entity.
  return { entity, key, value: deepFreeze(JSON.parse(value)), event, revision, seq } as CruxRecord
}
