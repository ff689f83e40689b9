// `npm test`: the whole run, or a part of it with vitest's own arguments (`npm test -- --project core`).
// Its last lines name what failed, and say how many tests ran.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './workspace-packages.mjs'

const temporary = mkdtempSync(join(tmpdir(), 'crux-test-'))
const summaryPath = join(temporary, 'summary.json')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=./scripts/summary-reporter.ts']
const args = [vitest, 'run', '--config', 'vitest.workspace.ts', ...reporters, ...process.argv.slice(2)]
const env = { ...process.env, CRUX_TEST_SUMMARY: summaryPath, NEXT_TELEMETRY_DISABLED: '1' }

const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
const { passed, skipped, failures, retried } = readSummary()
rmSync(temporary, { recursive: true })

for (const name of retried) console.log(`passed at the second try: ${name}`)
for (const name of failures) console.log(`failed: ${name}`)
const counts = [`${passed} passed`, `${failures.length} failed`]
console.log([...counts, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', '))
process.exitCode = failures.length > 0 ? 1 : 0

function readSummary() {
  const nothing = { passed: 0, skipped: 0, failures: [], retried: [] }
  const summary = existsSync(summaryPath) ? JSON.parse(readFileSync(summaryPath, 'utf8')) : nothing
  // A run can fail without a failed test: an empty project, a threshold, a worker that died.
  if (status !== 0 && summary.failures.length === 0)
    summary.failures.push(`the run itself, exit code ${status}`)
  return summary
}
