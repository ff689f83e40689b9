import { createCruxStore, type CruxStore, type StoreDriver, type StoreOptions } from '@crux/core'
import { describe, expect, test } from 'vitest'
import { createInMemoryDriver } from '../../src/store/in-memory-driver.ts'
import { runContractCase } from '../../src/testing/store-contract/run-contract-case.ts'
import { storeContract } from '../../src/testing/store-contract/store-contract.ts'

interface Mutant {
  readonly name: string
  /** Cases, by the beginning of their titles, of which each must fail. */
  readonly caughtBy: readonly string[]
  /** Makes the driver of one process, on data that the processes share. */
  readonly mutate: (base: StoreDriver) => () => StoreDriver
  readonly options?: StoreOptions
}

const always = (change: (base: StoreDriver) => Partial<StoreDriver>) => (base: StoreDriver) => () => ({
  ...base,
  ...change(base),
})

const mutants: readonly Mutant[] = [
  {
    name: 'loses the last write of a commit',
    caughtBy: ['STO-1 a commit is there, whole'],
    mutate: always((base) => ({
      commit: (groups) =>
        base.commit(
          groups.map((group) => ({
            ...group,
            writes: group.writes.slice(0, Math.max(1, group.writes.length - 1)),
          })),
        ),
    })),
  },
  {
    name: 'writes what comes before a stale write',
    caughtBy: ['STO-1 with one stale revision nothing is written', 'STO-20 commits that go together'],
    mutate: always((base) => ({
      commit: async (groups) => {
        const answers = []
        for (const { id, writes } of groups) {
          let results: Awaited<ReturnType<StoreDriver['commit']>>['results'] = []
          const firsts = []
          for (const write of writes) {
            results = (await base.commit([{ id: `${id}${write.key}`, writes: [write] }])).results
            if (!results[0] || !('first' in results[0])) break
            firsts.push(results[0])
          }
          answers.push(firsts.length === writes.length && firsts[0] ? firsts[0] : results[0])
        }
        return { epoch: (await base.head()).epoch, results: answers.filter((answer) => answer !== undefined) }
      },
    })),
  },
  {
    name: 'fails a whole group for one conflict',
    caughtBy: ['STO-20 commits that go together', 'STO-20 a commit in a group'],
    mutate: always((base) => ({
      commit: async (groups) => {
        for (const { writes } of groups) {
          const found = await base.read(writes)
          const stale = writes.find((write, index) => (found[index]?.revision ?? 0) !== write.ifRevision)
          if (stale) {
            const conflict = { entity: stale.entity, key: stale.key, revision: 99 }
            return { epoch: (await base.head()).epoch, results: groups.map(() => ({ conflict })) }
          }
        }
        return base.commit(groups)
      },
    })),
  },
  {
    name: 'does not compare revisions',
    caughtBy: [
      'STO-1 with one stale revision',
      'STO-9 of concurrent writes',
      'STO-1 a key that should be new',
    ],
    mutate: always((base) => ({
      commit: async (groups) => {
        const results = []
        for (const group of groups) {
          const found = await base.read(group.writes)
          const writes = group.writes.map((write, index) => ({
            ...write,
            ifRevision: found[index]?.revision ?? 0,
          }))
          results.push(...(await base.commit([{ ...group, writes }])).results)
        }
        return { epoch: (await base.head()).epoch, results }
      },
    })),
  },
  {
    name: 'uses revisions again after a purge',
    caughtBy: ['STO-2 revisions never restart'],
    mutate: always((base) => withFloor(base, () => 0)),
  },
  {
    name: 'splits a commit between two pages',
    caughtBy: ['STO-3 a large commit is never split'],
    mutate: always((base) => ({
      since: async (query) => {
        const page = await base.since(query)
        const records = page.records.slice(0, query.limit)
        return {
          ...page,
          records,
          upTo: page.records.length > query.limit ? (records.at(-1)?.seq ?? 0) : page.upTo,
        }
      },
    })),
  },
  {
    name: 'skips what a slow transaction commits',
    caughtBy: ['STO-4 no change is skipped'],
    mutate: (base) => {
      const unseen = new Set<string>()
      let commits = 0
      return () => ({
        ...base,
        commit: async (groups) => {
          const isSlow = commits++ % 3 === 0
          const ids = groups.map(({ id }) => id)
          if (isSlow) for (const id of ids) unseen.add(id)
          const answer = await base.commit(groups)
          if (isSlow) await new Promise((resolve) => setTimeout(resolve, 20))
          for (const id of ids) unseen.delete(id)
          return answer
        },
        since: async (query) => {
          const page = await base.since(query)
          return { ...page, records: page.records.filter(({ commitId }) => !unseen.has(commitId)) }
        },
      })
    },
  },
  {
    name: 'cuts a scan off after 1,000 records',
    caughtBy: ['STO-7 nothing is cut off silently'],
    mutate: (base) => () => {
      let scanned = 0
      return {
        ...base,
        scan: async (query) => {
          scanned = query.after === undefined ? 0 : scanned
          const page = await base.scan(query)
          scanned += page.records.length
          return scanned >= 1_000 ? { records: page.records } : page
        },
      }
    },
  },
  {
    name: 'gives the last record of a page again on the next',
    caughtBy: ['STO-7 pages of any size'],
    mutate: always((base) => ({
      scan: async (query) => {
        const page = await base.scan({ ...query, limit: query.limit + 1 })
        const records = page.records.slice(0, query.limit)
        const last = records.at(-2)
        return page.records.length > query.limit && last !== undefined
          ? { records, next: `${last.key} ${last.entity}` }
          : { records }
      },
    })),
  },
  {
    name: 'compares prefixes with LIKE',
    caughtBy: ['STO-7 a prefix is no pattern', 'REL-23 no scope sees another'],
    mutate: always((base) => {
      const like = (prefix: string) =>
        new RegExp(`^${prefix.replaceAll('.', '\\.').replaceAll('_', '.')}`, 'i')
      return {
        scan: async ({ prefix, ...query }) => {
          const { records } = await base.scan({ ...query, prefix: '', limit: 1_000 })
          return { records: records.filter(({ key }) => like(prefix).test(key)) }
        },
      }
    }),
  },
  {
    name: 'takes a scope for the beginning of a name',
    caughtBy: ['REL-23 no scope sees another'],
    mutate: always((base) => ({
      since: (query) => base.since({ ...query, prefix: query.prefix.replace(/:$/, '') }),
      scan: (query) => base.scan({ ...query, prefix: query.prefix.replace(/:$/, '') }),
    })),
  },
  {
    name: 'sorts by locale',
    caughtBy: ['STO-7 pages of any size'],
    mutate: always((base) => ({
      scan: async (query) => {
        const page = await base.scan(query)
        return { ...page, records: page.records.toSorted((a, b) => a.key.localeCompare(b.key)) }
      },
    })),
  },
  {
    name: 'executes a commit again that is sent again',
    caughtBy: ['STO-5 a commit whose answer was lost'],
    mutate: (base) => {
      let count = 0
      return () => ({
        ...base,
        commit: (groups) => base.commit(groups.map((group) => ({ ...group, id: `${count++}` }))),
      })
    },
  },
  {
    name: 'looks for the id of a commit in its first write only',
    caughtBy: ['STO-5 a lost answer is found again'],
    mutate: always((base) => ({
      commit: async (groups) => {
        const [group] = groups
        const [first] = group === undefined ? [] : await base.read(group.writes.slice(0, 1))
        if (
          groups.length === 1 &&
          group !== undefined &&
          first !== undefined &&
          first.commitId !== group.id
        ) {
          return base.commit([{ ...group, id: 'another' }])
        }
        return base.commit(groups)
      },
    })),
  },
  {
    name: 'answers the floor of today to a commit of yesterday',
    caughtBy: ['STO-5 a lost answer is the same although a purge'],
    mutate: (base) => {
      let floor = 0
      return () => ({
        ...base,
        ...withFloor(base, () => floor),
        forget: (refs) => {
          floor = Math.max(floor, ...refs.map(({ revision }) => revision))
          return base.forget(refs)
        },
      })
    },
  },
  {
    name: 'hears of changes by a hint only, and the hint is lost',
    caughtBy: ['STO-5 what another store commits'],
    mutate: always(() => ({ onHint: () => () => {} })),
    options: { pollIntervalMs: Infinity },
  },
  {
    name: 'reads one key after another',
    caughtBy: ['STO-0 getMany is all as of one position'],
    mutate: always((base) => ({
      read: async (refs) => {
        const found = []
        for (const ref of refs) {
          found.push(...(await base.read([ref])))
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        return found
      },
    })),
  },
  {
    name: 'reads in the order of keys',
    caughtBy: ['STO-0 getMany answers in the order asked'],
    mutate: always((base) => ({
      read: (refs) => base.read(refs.toSorted((a, b) => (a.key < b.key ? -1 : 1))),
    })),
  },
  {
    name: 'forgets without comparing revisions',
    caughtBy: ['STO-11 a list that changes while it is purged'],
    mutate: always((base) => ({
      forget: async (refs) => {
        const found = await base.read(refs)
        return base.forget(found.filter((record) => record !== undefined))
      },
    })),
  },
  {
    name: 'forgets what still has its revision, and leaves the rest',
    caughtBy: ['STO-11 a list that changes while it is purged'],
    mutate: always((base) => ({
      forget: async (refs) => {
        let count = 0
        for (const ref of refs) count += await base.forget([ref])
        return count
      },
    })),
  },
  {
    name: 'does not note what was purged',
    caughtBy: ['STO-11 a cursor below what was forgotten', 'STO-11 a reader for whom something changed'],
    mutate: always((base) => ({
      head: async () => ({ ...(await base.head()), purged: 0 }),
      since: async (query) => ({ ...(await base.since(query)), purged: 0 }),
    })),
  },
  {
    name: 'keeps its epoch when it is renewed',
    caughtBy: ['STO-12 after renewEpoch', 'STO-12 an epoch that another store renewed'],
    mutate: always(() => ({ renewEpoch: async () => {} })),
  },
  {
    name: 'gives positions in another order than the writes',
    caughtBy: ['STO-1 positions of a commit'],
    mutate: always((base) => ({
      commit: (groups) =>
        base.commit(groups.map((group) => ({ ...group, writes: group.writes.toReversed() }))),
    })),
  },
  {
    name: 'cannot store NUL',
    caughtBy: ['ENT-4 any JSON text comes back'],
    mutate: always((base) => ({
      commit: (groups) =>
        base.commit(
          groups.map((group) => ({
            ...group,
            writes: group.writes.map((write) => ({ ...write, value: write.value.replaceAll('\\u0000', '') })),
          })),
        ),
    })),
  },
  {
    name: 'has one name for a plan and a list of the same key',
    caughtBy: ['STO-0 entities of different kinds'],
    mutate: always((base) => ({
      read: async (refs) => {
        const plans = await base.read(refs.map(({ key }) => ({ entity: 'plan', key })))
        const found = await base.read(refs)
        return found.map((record, index) => plans[index] ?? record)
      },
    })),
  },
  {
    name: 'says that it is at the head when it is not',
    caughtBy: ['STO-10 far behind, the whole store'],
    mutate: always((base) => ({
      since: async (query) => {
        const page = await base.since(query)
        return { ...page, upTo: Math.max(page.upTo, (await base.head()).seq) }
      },
    })),
  },
]

/** A driver that answers commits with this floor. */
function withFloor(base: StoreDriver, floor: () => number): Partial<StoreDriver> {
  return {
    commit: async (groups) => {
      const { epoch, results } = await base.commit(groups)
      return {
        epoch,
        results: results.map((result) => ('first' in result ? { ...result, floor: floor() } : result)),
      }
    },
  }
}

describe('the contract of a store is broken by a driver that', () => {
  test.each(mutants)('$name', async ({ caughtBy, mutate, options = {} }) => {
    for (const title of caughtBy) {
      const contractCase = storeContract.find((each) => each.title.startsWith(title))
      if (contractCase === undefined) throw new Error(`no case is called "${title}"`)
      const openers = new WeakMap<CruxStore, () => StoreDriver>()
      const setup = {
        makeStore: async () => {
          const open = mutate(createInMemoryDriver())
          const store = createCruxStore(open(), { pollIntervalMs: 50, timeoutMs: 1_000, ...options })
          openers.set(store, open)
          return store
        },
        openDriver: async (store: CruxStore) => openers.get(store)?.() ?? createInMemoryDriver(),
        patienceMs: 300,
      }
      const outcome = runContractCase(contractCase, setup).then(
        () => 'passed',
        () => 'failed',
      )
      expect([title, await outcome]).toEqual([title, 'failed'])
    }
  })
})
