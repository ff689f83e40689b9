import type { CruxDataPart } from '@crux/core'
import { combineTransports, createCruxClient, type CruxClient, type CruxTransport } from '@crux/core/client'
import {
  createScriptedTransport,
  examplePart,
  examplePlan,
  exampleTask,
  exampleTaskList,
  faultyScript,
  type TransportStep,
} from '@crux/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shownBy } from './client-kit.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 200)
const nextMicrotask = () => Promise.resolve().then(() => {})

/** What a store might send: the values of a few entities, one revision after the other. */
const histories = (minLength = 0): fc.Arbitrary<CruxDataPart[]> =>
  fc
    .array(
      fc.oneof(
        fc.record({
          entity: fc.constant('plan' as const),
          id: fc.constantFrom('p1', 'p2', 'p3'),
          fields: fc.record({ title: fc.string(), discardedAt: fc.nat() }, { requiredKeys: [] }),
        }),
        fc.record({
          entity: fc.constant('tasklist' as const),
          id: fc.constantFrom('l1', 'l2'),
          fields: fc.record(
            { planId: fc.constantFrom('p1', 'p2'), createdAt: fc.nat(3) },
            { requiredKeys: [] },
          ),
        }),
        fc.record({
          entity: fc.constant('task' as const),
          id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
          fields: fc.record(
            {
              taskListId: fc.constantFrom('l1', 'l2'),
              position: fc.nat(4),
              parentId: fc.constantFrom('a', 'b', 'c'),
              removedAt: fc.nat(),
              progress: fc.string(),
            },
            { requiredKeys: ['taskListId', 'position'] },
          ),
        }),
      ),
      { minLength, maxLength: 60, size: 'max' },
    )
    .map((changes) => {
      const revisions = new Map<string, number>()
      return changes.map(({ entity, id, fields }) => {
        const value =
          entity === 'plan'
            ? examplePlan({ ...fields, id })
            : entity === 'tasklist'
              ? exampleTaskList({ ...fields, id })
              : exampleTask({ ...fields, id })
        const unnumbered = examplePart(entity, value)
        const name = `${entity}:${unnumbered.key}`
        const revision = (revisions.get(name) ?? 0) + 1
        revisions.set(name, revision)
        return { ...unnumbered, revision }
      })
    })

function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function openClient(transport: CruxTransport): CruxClient {
  const client = createCruxClient({ transport })
  client.subscribe('connection', () => {})
  return client
}

/** What is shown after the whole history came once, in order. */
async function shownInOrder(history: readonly CruxDataPart[]) {
  const transport = createScriptedTransport([{ type: 'apply', changes: history }, { type: 'ready' }])
  const client = openClient(transport)
  transport.play(2)
  await nextMicrotask()
  const shown = shownBy(client)
  client.close()
  return shown
}

test('REL-5 any duplication, order and delay over two combined transports ends in the same state', async () => {
  await fc.assert(
    fc.asyncProperty(histories(), fc.nat(), async (history, seed) => {
      const random = numbersFrom(seed)
      const transports = [1, 2].map(() => createScriptedTransport(faultyScript(history, random)))
      const client = openClient(combineTransports(...transports))
      const waiting = new Set(transports)
      while (waiting.size > 0) {
        for (const transport of waiting) {
          if (random() < 0.5 && transport.play() === 0) waiting.delete(transport)
          // Now and then a frame passes, so that states in between are shown too.
          if (random() < 0.3) await nextMicrotask()
          if (random() < 0.3) shownBy(client)
        }
      }
      await nextMicrotask()
      expect(shownBy(client)).toEqual(await shownInOrder(history))
      client.close()
    }),
    { numRuns },
  )
})

test('REL-1 cut at every position and resumed or begun anew, the client ends where the store is and shows nothing twice', async () => {
  const history = fc.sample(histories(40), { numRuns: 1, seed: 7 })[0] ?? []
  const newest = [...new Map(history.map((part) => [`${part.entity}:${part.key}`, part])).values()]
  const expected = await shownInOrder(history)
  const catchUps: Record<string, (from: number) => TransportStep[]> = {
    'the rest': (from) => [{ type: 'apply', changes: history.slice(from) }],
    'the rest and what came before': () => [{ type: 'apply', changes: history }],
    'a snapshot': () => [{ type: 'reset' }, { type: 'apply', changes: newest }],
  }
  for (const [name, catchUp] of Object.entries(catchUps)) {
    for (let cut = 0; cut <= history.length; cut += 1) {
      const steps: TransportStep[] = [
        { type: 'ready' },
        ...history.slice(0, cut).map((part): TransportStep => ({ type: 'apply', changes: [part] })),
        { type: 'status', status: 'reconnecting' },
        ...catchUp(cut),
        { type: 'ready' },
      ]
      const transport = createScriptedTransport(steps)
      const client = openClient(transport)
      const shown = new Set<string>()
      client.subscribe({ entity: 'task', key: 'l1/a' }, () => {
        const value = JSON.stringify(client.getTask('l1', 'a'))
        expect([name, cut, shown.has(value)]).toEqual([name, cut, false])
        shown.clear()
        shown.add(value)
      })
      while (transport.play() > 0) await nextMicrotask()
      await nextMicrotask()
      expect([name, cut, shownBy(client)]).toEqual([name, cut, expected])
      client.close()
    }
  }
})

describe('snapshots', () => {
  type Act =
    | { readonly by: number; readonly type: 'put'; readonly key: string; readonly revision: number }
    | { readonly by: number; readonly type: 'reset' | 'ready' }

  /** What CLI-8 says, as plainly as it can be written: for each key its value, and who delivered it since when. */
  function expectedKeys(acts: readonly Act[], sources: number): string[] {
    const delivered = Array.from({ length: sources }, () => new Set<string>())
    const unconfirmed = Array.from({ length: sources }, (): Set<string> | undefined => undefined)
    for (const act of acts) {
      const own = delivered[act.by]
      if (!own) continue
      if (act.type === 'put') {
        own.add(act.key)
        unconfirmed[act.by]?.delete(act.key)
      } else if (act.type === 'reset') {
        unconfirmed[act.by] = new Set(own)
      } else {
        for (const key of unconfirmed[act.by] ?? []) own.delete(key)
        unconfirmed[act.by] = undefined
      }
    }
    return [...new Set(delivered.flatMap((keys) => [...keys]))].toSorted()
  }

  test('CLI-8 any interleaving of snapshots leaves what some transport still vouches for', async () => {
    const acts = fc.array(
      fc.oneof(
        fc.record({
          by: fc.nat(2),
          type: fc.constant('put' as const),
          key: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
          revision: fc.integer({ min: 1, max: 5 }),
        }),
        fc.record({ by: fc.nat(2), type: fc.constantFrom('reset' as const, 'ready' as const) }),
      ),
      { maxLength: 40, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(acts, async (script) => {
        const stepOf = (act: Act): TransportStep =>
          act.type === 'put'
            ? { type: 'apply', changes: [examplePart('plan', examplePlan({ id: act.key }), act.revision)] }
            : { type: act.type }
        const transports = [0, 1, 2].map((by) =>
          createScriptedTransport(script.filter((act) => act.by === by).map(stepOf)),
        )
        const client = openClient(combineTransports(...transports))
        for (const { by } of script) transports[by]?.play()
        await nextMicrotask()
        expect(
          client
            .getPlans()
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual(expectedKeys(script, 3))
        client.close()
      }),
      { numRuns },
    )
  })
})
