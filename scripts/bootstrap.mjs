// Runs a script or an installed command with the Node, the pnpm and the dependencies that this repository needs,
// on a machine that has only Node >= 20 and npm:
//
//   node scripts/bootstrap.mjs scripts/run-tests.mjs [arguments]
//   node scripts/bootstrap.mjs oxlint [arguments]
//
// What is missing goes into .tools/. When nothing has changed since the last run this only compares a hash.
// No dependencies here, and nothing newer than Node 20: this file runs before anything is installed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_VERSION = '24.21.0'
const PNPM_VERSION = '12.21.0'
/** The oldest Node that today's tools start on. */
const NODE_NEEDED = [22, 18]
const PNPM_NEEDED = [12, 0]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const tools = join(root, '.tools')
const toolsBin = join(tools, 'node_modules', '.bin')
const windows = process.platform === 'win32'

const [command, ...args] = process.argv.slice(2)
if (!command) stop('Usage: node scripts/bootstrap.mjs <script.mjs or command> [arguments]')

const node = isAtLeast(process.versions.node, NODE_NEEDED) ? process.execPath : ensureNode()
process.env.PATH = [dirname(node), join(root, 'node_modules', '.bin'), toolsBin, process.env.PATH].join(
  delimiter,
)
ensureDependencies()

const isScript = /\.m?[jt]s$/.test(command)
const result = isScript
  ? spawnSync(node, [join(root, command), ...args], { stdio: 'inherit' })
  : spawnSync(command, args, { stdio: 'inherit', shell: windows })
if (result.error) stop(`Could not start ${command}: ${result.error.message}`)
process.exit(result.status ?? 1)

/** The Node binary in .tools/, installed when it is not there. */
function ensureNode() {
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`
  const binary = join(tools, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node')
  if (installedVersion(name) !== NODE_VERSION) {
    if (isMusl()) {
      stop(
        `This machine has Node ${process.versions.node}, and Node >= ${NODE_NEEDED.join('.')} is needed.\n` +
          'Its C library is musl (Alpine?), for which there is no Node binary on npm: ' +
          'install a newer Node yourself (a node:24-alpine image has one) and run this again.',
      )
    }
    installTool(`${name}@${NODE_VERSION}`)
  }
  if (!existsSync(binary))
    stop(`There is no Node binary for ${name}: install Node >= ${NODE_NEEDED.join('.')} yourself.`)
  return binary
}

/** Installs the workspace's dependencies unless the lockfile is the one they were installed from. */
function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.bootstrap-lockfile')
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(join(root, file)))
  const lockfile = hash.digest('hex')
  // Naming the pnpm too brings it back when .tools/ was deleted: tests pack with it.
  const state = () => `${lockfile} pnpm ${installedVersion('pnpm') ?? 'of the system'}`
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state()) return

  if (!hasPnpm()) installTool(`pnpm@${PNPM_VERSION}`)
  console.error('Installing dependencies …')
  // CI: without a terminal pnpm asks no questions, with one it would.
  const env = { ...process.env, CI: 'true' }
  const options = { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], shell: windows }
  const { status } = spawnSync('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], options)
  if (status !== 0) stop('pnpm install failed: see its message above.')
  writeFileSync(stamp, state())
}

function hasPnpm() {
  if (installedVersion('pnpm') === PNPM_VERSION) return true
  const { status, stdout } = spawnSync('pnpm', ['--version'], { encoding: 'utf8', shell: windows })
  return status === 0 && isAtLeast(stdout.trim(), PNPM_NEEDED)
}

/** Puts a package that is a plain binary into .tools/, next to what is there already. */
function installTool(spec) {
  console.error(`Installing ${spec} into .tools/ …`)
  mkdirSync(tools, { recursive: true })
  // Without a manifest of its own, npm would take the repository's.
  const manifest = join(tools, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n')
  const flags = [
    '--prefix',
    tools,
    '--save-exact',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const { status } = spawnSync('npm', ['install', ...flags, spec], {
    cwd: tools,
    stdio: 'inherit',
    shell: windows,
  })
  if (status !== 0) stop(`npm could not install ${spec}: see its message above.`)
}

function installedVersion(name) {
  const manifest = join(tools, 'node_modules', name, 'package.json')
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined
}

function isMusl() {
  if (process.platform !== 'linux') return false
  // Naming the network interfaces is what can make a report slow.
  process.report.excludeNetwork = true
  return process.report.getReport().header.glibcVersionRuntime === undefined
}

function isAtLeast(version, [major, minor]) {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
