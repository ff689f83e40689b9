import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeStoreAtLength } from '../../core/test/stores/describe-store-at-length.ts'
import { openStore } from './open-store.ts'

describeStoreAtLength('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crux-sqlite-'))
  const path = join(folder, 'crux.db')
  const store = openStore({ path })
  return {
    store,
    bytes: async () => statSync(path).size + statSync(`${path}-wal`).size,
    [Symbol.asyncDispose]: async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
})
