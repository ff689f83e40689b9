// The publishable packages, dependencies before dependents, and how to run an installed command in one of them.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Every package in packages/ with its directory and manifest, in an order in which they can be built. */
export function workspacePackages() {
  const found = new Map()
  for (const name of readdirSync(join(root, 'packages')).toSorted()) {
    const dir = join(root, 'packages', name)
    if (!existsSync(join(dir, 'package.json'))) continue
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'))
    found.set(manifest.name, { dir, manifest, name: manifest.name })
  }
  const ordered = new Set()
  const visit = (pkg) => {
    for (const dependency of workspaceDependencies(pkg))
      if (found.has(dependency)) visit(found.get(dependency))
    ordered.add(pkg)
  }
  for (const pkg of found.values()) visit(pkg)
  return [...ordered]
}

/** Names of the packages of this workspace that a package needs at run time. */
export function workspaceDependencies({ manifest }) {
  const all = { ...manifest.dependencies, ...manifest.peerDependencies }
  return Object.keys(all).filter((name) => name.startsWith('@crux/'))
}

/** Runs a command of node_modules/.bin, also where nobody has put that on PATH. */
export function run(command, args, options) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter)
  return spawnSync(command, args, {
    shell: process.platform === 'win32',
    ...options,
    env: { ...process.env, PATH },
  })
}
