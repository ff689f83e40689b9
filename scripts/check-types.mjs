// Type-checks sources, tests, examples, benchmarks and scripts. Nothing needs a build: `@crux/*` is read from source.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace-packages.mjs'

// tsconfig.json of a package has its tests and Node's types; tsconfig.src.json proves the sources need no Node types.
const projects = [
  'tsconfig.json',
  ...globSync(['packages/*/tsconfig.json', 'packages/*/tsconfig.src.json'], { cwd: root }).toSorted(),
  ...globSync(['{bench,reliability}/tsconfig.json', 'examples/*/{,e2e/}tsconfig.json'], {
    cwd: root,
  }).toSorted(),
]

// An example's tsconfig is what a user would have, so it does not know about the sources.
const sourceFlags = ['--customConditions', '@crux/source', '--allowImportingTsExtensions', '--noEmit']

const waiting = [...projects]
let failed = 0
await Promise.all([worker(), worker()])
console.log(`${projects.length - failed} of ${projects.length} TypeScript projects have no error.`)
process.exitCode = failed > 0 ? 1 : 0

async function worker() {
  for (let project = waiting.shift(); project; project = waiting.shift()) {
    const { output, status } = await tsc([
      '-p',
      project,
      ...(project.startsWith('examples/') ? sourceFlags : []),
    ])
    if (status === 0) continue
    failed += 1
    console.log(`\n${project}\n${output}`)
  }
}

function tsc(args) {
  const bin = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const child = spawn(process.execPath, [bin, '--pretty', 'false', ...args], { cwd: root })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ output, status }))
  })
}
