// Runs a command in every publishable package, on built files: `node scripts/for-each-package.mjs publint --strict`.
import { buildPackagesOrExit } from './build-packages.mjs'
import { run, workspacePackages } from './workspace-packages.mjs'

const [command, ...args] = process.argv.slice(2)
buildPackagesOrExit()

const failed = workspacePackages().filter(({ dir, name }) => {
  console.log(`${command} ${name}`)
  const { status } = run(command, args, { cwd: dir, stdio: 'inherit' })
  return status !== 0
})
process.exitCode = failed.length > 0 ? 1 : 0
