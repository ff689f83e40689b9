// Builds packages/*/dist. A package whose inputs have not changed since its last build is left alone, so tests, checks
// and the demo can all ask for a build and only the first one pays.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, run, workspaceDependencies, workspacePackages } from './workspace-packages.mjs'

const sharedInputs = ['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/tsup-preset.ts']

/**
 * Builds what is out of date, or of it only what `app` needs; throws with the build's output when one fails. Gives the
 * hash of each package's inputs, by name.
 */
export function buildPackages({ log = console.log, app } = {}) {
  const hashes = new Map()
  for (const pkg of app ? packagesFor(app) : workspacePackages()) {
    const upstream = workspaceDependencies(pkg).map((name) => hashes.get(name))
    const wanted = hashInputs(pkg.dir, upstream)
    hashes.set(pkg.name, wanted)
    const dist = join(pkg.dir, 'dist')
    // Not in dist/, where it would be published.
    const stamp = join(pkg.dir, 'node_modules', '.build-hash')
    if (existsSync(dist) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) continue

    const startedAt = Date.now()
    build(pkg)
    removeOlderThan(dist, startedAt)
    writeFileSync(stamp, wanted)
    log(`Built ${pkg.name} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  }
  return hashes
}

/** For scripts: a failed build ends the process with the build's own message and no stack of ours. */
export function buildPackagesOrExit() {
  try {
    buildPackages()
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

/** The packages that an app's manifest asks for, with all that those ask for. */
function packagesFor(app) {
  const needed = new Set(workspaceDependencies(app))
  const fromDependents = workspacePackages().toReversed()
  for (const pkg of fromDependents) {
    if (needed.has(pkg.name)) for (const name of workspaceDependencies(pkg)) needed.add(name)
  }
  return workspacePackages().filter(({ name }) => needed.has(name))
}

function build({ dir, name }) {
  const { status, stdout, stderr } = run('tsup', ['--silent'], { cwd: dir, encoding: 'utf8' })
  if (status !== 0) throw new Error(`Building ${name} failed:\n${stdout}${stderr}`)
}

function hashInputs(dir, upstream) {
  const hash = createHash('sha256').update(upstream.join())
  const own = ['src/**/*.{ts,tsx}', 'package.json', 'tsup.config.ts', 'tsconfig*.json']
  const files = globSync(own, { cwd: dir }).toSorted()
  const paths = [...files.map((file) => join(dir, file)), ...sharedInputs.map((file) => join(root, file))]
  for (const path of paths) hash.update(path.slice(root.length)).update(readFileSync(path))
  return hash.digest('hex')
}

/** Chunks are named by content: those of an earlier build would otherwise pile up and be published. */
function removeOlderThan(dist, time) {
  for (const entry of globSync('**/*', { cwd: dist, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    // A second of slack for file systems that round the time down.
    if (entry.isFile() && statSync(path).mtimeMs < time - 1000) rmSync(path)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildPackagesOrExit()
