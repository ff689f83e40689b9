// `npm run bench -- <name>`: starts bench/<name>.ts on the built packages; without a name, says which there are.
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildPackages } from './build-packages.mjs'
import { root } from './workspace-packages.mjs'

const [name, ...args] = process.argv.slice(2)
const bench = join(root, 'bench')
const script = join(bench, `${name}.ts`)
if (!name || !existsSync(script)) {
  const names = globSync('*.ts', { cwd: bench }).map((file) => basename(file, '.ts'))
  console.error(
    `Usage: npm run bench -- <name>, where name is one of: ${names.toSorted().join(', ') || '(none yet)'}`,
  )
  process.exit(1)
}

buildPackages()
// --expose-gc: memory figures mean little without a collection before each reading.
const { status } = spawnSync(process.execPath, ['--expose-gc', script, ...args], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
