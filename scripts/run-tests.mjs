// `npm test`: the whole run, or a part of it with vitest's own arguments (`npm test -- --project core`).
// Its last line says how many tests ran.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './workspace-packages.mjs'

const temporary = mkdtempSync(join(tmpdir(), 'crux-test-'))
const summary = join(temporary, 'summary.json')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.ts']
const args = [vitest, 'run', '--config', 'vitest.workspace.ts', ...reporters, ...process.argv.slice(2)]
const env = { ...process.env, CRUX_TEST_SUMMARY: summary, NEXT_TELEMETRY_DISABLED: '1' }

const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
const { passed, failed, skipped } = readCounts()
rmSync(temporary, { recursive: true })

console.log(
  [`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', '),
)
process.exitCode = failed > 0 ? 1 : (status ?? 1)

function readCounts() {
  try {
    const counts = JSON.parse(readFileSync(summary, 'utf8'))
    // A run can fail without a failed test: an empty project, a threshold, a worker that died.
    return status === 0 ? counts : { ...counts, failed: Math.max(1, counts.failed) }
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
}
