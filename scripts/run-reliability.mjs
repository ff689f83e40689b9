// `npm run reliability`: the tests of the REL rules with the counts that are aimed at, not those of `npm test`, then a
// table of what was reached. `npm run reliability -- REL-10` runs one rule. Takes most of an hour.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './workspace-packages.mjs'

/** Rules that are tested together: where, and how often what is random or repeated is done (CRUX_RUNS). */
const parts = [
  { rules: ['REL-1'], projects: ['core', 'server'], runs: 1_000 },
  { rules: ['REL-2'], projects: ['sqlite', 'postgres', 'redis', 'reliability'], runs: 20 },
  { rules: ['REL-3'], projects: ['core'], runs: 10_000 },
  { rules: ['REL-3'], projects: ['sqlite', 'postgres', 'redis'], runs: 500 },
  { rules: ['REL-4'], projects: ['postgres', 'redis', 'two-servers'] },
  { rules: ['REL-5'], projects: ['core'], runs: 1_000 },
  { rules: ['REL-10'], projects: ['reliability'], runs: 5_000 },
  { rules: ['REL-11'], projects: ['server'] },
  { rules: ['REL-12'], projects: ['server'], runs: 50_000 },
  { rules: ['REL-13'], projects: ['reliability'], runs: 20 },
  { rules: ['REL-20'], projects: ['core', 'server'], runs: 100_000 },
  { rules: ['REL-21'], projects: ['core'], runs: 100_000 },
  { rules: ['REL-23'], projects: ['core', 'server', 'sqlite', 'postgres', 'redis'], runs: 100 },
  { rules: ['REL-24', 'REL-25'], projects: ['server'] },
]

const [wanted] = process.argv.slice(2)
const chosen = parts.filter(({ rules }) => wanted === undefined || rules.includes(wanted))
if (chosen.length === 0) {
  const rules = new Set(parts.flatMap((part) => part.rules))
  console.error(`There is no test of ${wanted} here; there are: ${[...rules].join(', ')}.`)
  process.exit(1)
}

const temporary = mkdtempSync(join(tmpdir(), 'crux-reliability-'))
const rows = chosen.flatMap((part) => {
  const tests = runPart(part)
  return part.rules
    .filter((rule) => wanted === undefined || rule === wanted)
    .map((rule) => rowOf(rule, part, tests))
})
rmSync(temporary, { recursive: true })
printTable([['rule', 'where', 'runs', 'tests', 'reached', ''], ...rows])
process.exitCode = rows.every((row) => row.at(-1) === 'reached') ? 0 : 1

/** The tests of the part's rules that ran. */
function runPart({ rules, projects, runs }) {
  const out = join(temporary, 'tests.jsonl')
  writeFileSync(out, '')
  const args = [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--config=vitest.workspace.ts',
    ...projects.map((project) => `--project=${project}`),
    `--testNamePattern=(${rules.join('|')})\\b`,
    // Ten thousand runs take longer than any one of them may.
    `--testTimeout=${60 * 60_000}`,
    '--reporter=default',
    '--reporter=./scripts/reliability-reporter.ts',
  ]
  const env = { ...process.env, CRUX_RELIABILITY: out, ...(runs && { CRUX_RUNS: String(runs) }) }
  const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
  const tests = readFileSync(out, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  // A run can fail without a failed test, such as by a worker that died.
  if (status !== 0 && tests.every(({ isPassed }) => isPassed))
    tests.push({ title: rules.join(), isPassed: false })
  return tests
}

/** One line of the table; what was left out where a server is missing is a miss. */
function rowOf(rule, { projects, runs = '' }, tests) {
  const own = tests.filter(
    ({ title, isPassed }) => title.includes(rule) || (!isPassed && !title.startsWith('REL-')),
  )
  const failed = own.filter(({ isPassed }) => !isPassed)
  const missing = projects.filter((project) => !own.some((test) => test.project === project))
  const figures = own.flatMap((test) => test.figures ?? []).join('; ')
  const verdict =
    failed.length > 0
      ? `MISSED: ${failed.length} failed`
      : missing.length > 0
        ? `MISSED: nothing ran in ${missing.join(', ')}`
        : 'reached'
  return [rule, projects.join(', '), String(runs), String(own.length), figures, verdict]
}

function printTable(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)))
  console.log('')
  for (const row of table)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
}
