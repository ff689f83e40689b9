import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { buildPackages } from '../scripts/build-packages.mjs'
import { workspacePackages } from '../scripts/workspace-packages.mjs'

/** A package as npm would get it. */
export interface PackedPackage {
  readonly name: string
  /** The package in the workspace. */
  readonly dir: string
  readonly tarball: string
  /** What the tarball holds. */
  readonly unpacked: string
  readonly manifest: {
    readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>
    readonly dependencies?: Readonly<Record<string, string>>
  }
}

/** Builds and packs every package into a temporary folder of its own; `dispose` removes it. */
export function packPackages(): {
  readonly packages: readonly PackedPackage[]
  readonly dispose: () => void
} {
  buildPackages()
  const folder = mkdtempSync(join(tmpdir(), 'crux-pack-'))
  const packages = workspacePackages().map(({ name, dir }): PackedPackage => {
    const unpacked = join(folder, basename(dir))
    mkdirSync(unpacked)
    const tarball = `${unpacked}.tgz`
    run('pnpm', ['pack', '--out', tarball], dir)
    run('tar', ['-xzf', tarball, '--strip-components=1', '-C', unpacked], folder)
    return {
      name,
      dir,
      tarball,
      unpacked,
      manifest: JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')),
    }
  })
  return { packages, dispose: () => rmSync(folder, { recursive: true }) }
}

/** Runs a command to its end; its output, or an error that has the output. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}
