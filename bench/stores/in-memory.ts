import { inMemoryCruxStore } from '@crux/core'
import { cpu, perStep, type OpenStoreBench } from './store-bench.ts'
import { changed, changeOneByOne, createList, type Pair } from './task-changes.ts'

const count = 50_000

/** The in-memory store beside a `Map` that keeps the encoded values (PERF-30, PERF-35). */
export const openInMemoryBench: OpenStoreBench = async () => {
  const store = inMemoryCruxStore()
  const pairs = await Promise.all(Array.from({ length: 64 }, (_, index) => createList(store, `s:l${index}`)))
  const small = [await createList(store, 's:small', 10)]
  const large = [await createList(store, 's:large', 10_000)]
  const [first] = pairs
  if (first === undefined) throw new Error('There are no lists.')
  await changeOneByOne(store, pairs, count)

  return {
    repeat: async (record) => {
      const ours = await perStep(cpu, count, () => changeOneByOne(store, pairs, count))
      const map = await perStep(cpu, count, () => keepInMap(first))
      record('PERF-30', 'in memory, one at a time, CPU ÷ Map and encoding once', ours / map, { atMost: 2 })

      const inSmall = await perStep(cpu, count, () => changeOneByOne(store, small, count))
      const inLarge = await perStep(cpu, count, () => changeOneByOne(store, large, count))
      record('PERF-35', 'in memory, a list of 10,000 tasks ÷ one of 10, CPU', inLarge / inSmall, {
        atMost: 1.3,
      })
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}

/** The least that keeps the same: encode each value once and put it under its key. */
function keepInMap(pair: Pair): void {
  const map = new Map<string, string>()
  for (let index = 0; index < count; index++) {
    const { task, list } = changed(pair)
    map.set(`task ${pair.task.key}`, JSON.stringify(task))
    map.set(`tasklist ${pair.list.key}`, JSON.stringify(list))
  }
}
