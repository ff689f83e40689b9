import type { CommitGroup } from '@crux/core'

/**
 * The arguments of `crux_commit` after the version: one array per column, an element per write (STO-32). The first one
 * holds the ends of the waves, into which the groups are cut so that no key comes twice in one.
 */
export function commitArguments(groups: readonly CommitGroup[]): readonly unknown[] {
  const waveEnds: number[] = []
  const numbers: number[] = []
  const places: number[] = []
  const ids: string[] = []
  const keys: string[] = []
  const entities: string[] = []
  const values: string[] = []
  const events: string[] = []
  const revisions: number[] = []
  const inWave = new Set<string>()
  for (const [number, { id, writes }] of groups.entries()) {
    const names = writes.map(({ entity, key }) => `${entity} ${key}`)
    if (names.some((name) => inWave.has(name))) {
      waveEnds.push(keys.length)
      inWave.clear()
    }
    for (const name of names) inWave.add(name)
    for (const [at, { key, entity, value, event, ifRevision }] of writes.entries()) {
      numbers.push(number)
      places.push(at)
      ids.push(id)
      keys.push(key)
      entities.push(entity)
      values.push(value)
      events.push(event)
      revisions.push(ifRevision)
    }
  }
  waveEnds.push(keys.length)
  return [waveEnds, numbers, places, ids, keys, entities, values, events, revisions]
}
