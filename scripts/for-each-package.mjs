// Runs a command in every publishable package, on built files: `node scripts/for-each-package.mjs publint --strict`.
import { spawnSync } from 'node:child_process'
import { buildPackages } from './build-packages.mjs'
import { workspacePackages } from './workspace-packages.mjs'

const [command, ...args] = process.argv.slice(2)
buildPackages()

const failed = workspacePackages().filter(({ dir, name }) => {
  console.log(`${command} ${name}`)
  const { status } = spawnSync(command, args, {
    cwd: dir,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  return status !== 0
})
process.exitCode = failed.length > 0 ? 1 : 0
