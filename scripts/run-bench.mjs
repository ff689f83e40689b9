// `npm run bench`: every bench/*.ts on the built packages, one after another; `npm run bench -- <name>` only that one.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildPackagesOrExit } from './build-packages.mjs'
import { root } from './workspace-packages.mjs'

const bench = join(root, 'bench')
const names = globSync('*.ts', { cwd: bench }).map((file) => basename(file, '.ts'))
const [name, ...args] = process.argv.slice(2)
if (name !== undefined && !names.includes(name)) {
  console.error(`There is no benchmark ${name}; there are: ${names.toSorted().join(', ')}.`)
  process.exit(1)
}

buildPackagesOrExit()
const chosen = name === undefined ? names.toSorted() : [name]
for (const benchmark of chosen) {
  // --expose-gc: memory figures mean little without a collection before each reading.
  const node = ['--expose-gc', join(bench, `${benchmark}.ts`), ...args]
  const { status } = spawnSync(process.execPath, node, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
