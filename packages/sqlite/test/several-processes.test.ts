import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { describeStoreProcesses } from '../../core/test/stores/describe-store-processes.ts'
import { openStore } from './open-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'crux-sqlite-processes-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

describeStoreProcesses('SQLite', {
  module: new URL('./open-store.ts', import.meta.url),
  makePlace: async () => ({ path: join(folder, `${++files}.db`) }),
  openStore,
  commits: 60,
})
