import type { EntityName } from '../entities/entity.ts'
import type { Backend } from './backend.ts'
import { pageSize } from './change-follower.ts'
import type { CruxRecord } from './crux-store.ts'
import { decodeRecord } from './record.ts'

/** How often one list is looked at again when something of it changed in between. */
const maxAttempts = 3

/**
 * Forgets what ended before `before` (ms since the epoch) under a prefix: lists with their tasks, each by
 * compare-and-set, then plans that no list refers to (STO-11, STO-21). Gives how many records it forgot.
 */
export async function purgeEnded(
  backend: Pick<Backend, 'read' | 'scan' | 'forget'>,
  prefix: string,
  before: number,
): Promise<number> {
  let forgotten = 0
  for await (const list of scanAll(backend, prefix, 'tasklist')) {
    if (hasEnded(list, before)) forgotten += await forgetList(backend, list, before)
  }
  const plans: CruxRecord<'plan'>[] = []
  for await (const plan of scanAll(backend, prefix, 'plan')) if (hasEnded(plan, before)) plans.push(plan)
  if (plans.length === 0) return forgotten
  // Of the whole store: a list of another scope may belong to the plan.
  const used = new Set<string | undefined>()
  for await (const list of scanAll(backend, '', 'tasklist')) used.add(list.value.planId)
  for (const plan of plans) if (!used.has(plan.key)) forgotten += await backend.forget([plan])
  return forgotten
}

/** When a list or plan came to its end, in ms since the epoch; `undefined` while it has not (STO-11). */
export function endOf(
  entity: 'plan' | 'tasklist',
  value: { readonly discardedAt?: number; readonly completedAt?: number },
): number | undefined {
  return value.discardedAt ?? (entity === 'tasklist' ? value.completedAt : undefined)
}

function hasEnded({ entity, value }: CruxRecord<'plan' | 'tasklist'>, before: number): boolean {
  const endedAt = endOf(entity, value)
  return endedAt !== undefined && endedAt < before
}

async function forgetList(
  backend: Pick<Backend, 'read' | 'scan' | 'forget'>,
  found: CruxRecord<'tasklist'>,
  before: number,
): Promise<number> {
  let list: CruxRecord<'tasklist'> | undefined = found
  for (let attempt = 0; attempt < maxAttempts && list !== undefined && hasEnded(list, before); attempt++) {
    const tasks: CruxRecord<'task'>[] = []
    for await (const task of scanAll(backend, `${list.key}/`, 'task')) tasks.push(task)
    const forgotten = await backend.forget([list, ...tasks])
    if (forgotten > 0) return forgotten
    const [again] = await backend.read([list])
    list = again && (decodeRecord(again) as CruxRecord<'tasklist'>)
  }
  return 0
}

async function* scanAll<E extends EntityName>(
  backend: Pick<Backend, 'scan'>,
  prefix: string,
  entity: E,
): AsyncGenerator<CruxRecord<E>, void, undefined> {
  let next: string | undefined
  do {
    const page = await backend.scan({
      prefix,
      entity,
      limit: pageSize,
      ...(next !== undefined && { after: next }),
    })
    next = page.next
    // Only records of the entity that was asked for.
    for (const record of page.records) yield decodeRecord(record) as CruxRecord<E>
  } while (next !== undefined)
}
