import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CruxStore } from '@crux/core'
import { describeStoreContract } from '@crux/core/testing'
import { cruxSqliteStore } from '@crux/sqlite'
import { afterAll } from 'vitest'
import { createSqliteDriver } from '../src/sqlite-driver.ts'

const folder = mkdtempSync(join(tmpdir(), 'crux-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

const paths = new WeakMap<CruxStore, string>()
let files = 0

describeStoreContract(
  'SQLite, a file',
  async () => {
    const path = join(folder, `${++files}.db`)
    // What is proved is not how fast the disk is.
    const store = cruxSqliteStore({ path, synchronous: 'normal', pollIntervalMs: 50 })
    paths.set(store, path)
    return store
  },
  {
    openDriver: async (store) =>
      createSqliteDriver({ path: paths.get(store) ?? '', synchronous: 'normal', busyMs: 2_000 }),
  },
)

describeStoreContract('SQLite, in memory', async () => cruxSqliteStore({ path: ':memory:' }))
