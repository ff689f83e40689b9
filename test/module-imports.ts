import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'vite'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** One import or re-export of a source file. */
export interface ModuleImport {
  /** Path of the importing file from the root: `packages/core/src/index.ts`. */
  readonly from: string
  readonly specifier: string
  /** The imported file's path from the root, when it is one of this repository's sources. */
  readonly file: string | undefined
  /** True when nothing is left of it at run time: `import type`, `export type`. */
  readonly typeOnly: boolean
  readonly dynamic: boolean
  /** Names that are imported; empty for `import()` and `export *`. */
  readonly names: readonly string[]
}

/** Every import in the sources of all packages, by importing file. */
export function readSourceImports(): ReadonlyMap<string, readonly ModuleImport[]> {
  const files = globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root }).toSorted()
  return new Map(files.map((file) => [file, parseImports(file, readFileSync(join(root, file), 'utf8'))]))
}

/** The imports of one file's text. */
export function parseImports(from: string, code: string): ModuleImport[] {
  const { errors, module } = parseSync(from, code)
  if (errors[0]) throw new Error(`${from} does not parse: ${errors[0].message}`)

  // `import { type A }` keeps `import {}` at run time under verbatimModuleSyntax: only the statement's own `type` counts.
  const isTypeOnly = (start: number) => /^(import|export)\s+type\b/.test(code.slice(start, start + 40))
  const found = (specifier: string, rest: Pick<ModuleImport, 'typeOnly' | 'dynamic' | 'names'>) => ({
    from,
    specifier,
    file: resolveToSource(from, specifier),
    ...rest,
  })
  const named = (entries: readonly { readonly importName: { readonly name?: string | null } }[]) =>
    entries.flatMap(({ importName }) => importName.name ?? [])

  return [
    ...module.staticImports.map(({ start, moduleRequest, entries }) =>
      found(moduleRequest.value, { typeOnly: isTypeOnly(start), dynamic: false, names: named(entries) }),
    ),
    ...module.staticExports.flatMap(({ start, entries }) => {
      const request = entries.find((entry) => entry.moduleRequest)?.moduleRequest
      if (!request) return []
      return [found(request.value, { typeOnly: isTypeOnly(start), dynamic: false, names: named(entries) })]
    }),
    ...module.dynamicImports.map(({ moduleRequest }) => {
      const specifier = code.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, '')
      return found(specifier, { typeOnly: false, dynamic: true, names: [] })
    }),
  ]
}

/** What is loaded when `entry` is imported: its files and the imports of other packages in them. */
export function reachableFrom(
  entry: string,
  imports: ReadonlyMap<string, readonly ModuleImport[]>,
): ModuleImport[] {
  const reached = new Set([entry])
  const found: ModuleImport[] = []
  for (const file of reached) {
    for (const entryImport of imports.get(file) ?? []) {
      if (entryImport.typeOnly) continue
      found.push(entryImport)
      if (entryImport.file) reached.add(entryImport.file)
    }
  }
  return found
}

/** The files of a cycle, first one repeated at the end, or undefined when there is none. */
export function findCycle(imports: ReadonlyMap<string, readonly ModuleImport[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    const at = path.indexOf(file)
    if (at >= 0) return [...path.slice(at), file]
    if (done.has(file)) return undefined
    for (const { file: next } of imports.get(file) ?? []) {
      const cycle = next && visit(next, [...path, file])
      if (cycle) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of imports.keys()) {
    const cycle = visit(file, [])
    if (cycle) return cycle
  }
  return undefined
}

/** Path of a package's entry from the root: `@crux/core/client` → `packages/core/src/client/index.ts`. */
export function entrySource(specifier: string): string | undefined {
  const [, name, subPath] = /^@crux\/([\w-]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (!name) return undefined
  const manifestPath = join(root, 'packages', name, 'package.json')
  if (!existsSync(manifestPath)) return undefined
  const { exports } = JSON.parse(readFileSync(manifestPath, 'utf8'))
  const source: string | undefined = exports[subPath ? `./${subPath}` : '.']?.['@crux/source']
  return source && join('packages', name, source)
}

function resolveToSource(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return entrySource(specifier)
  return relative(root, join(root, dirname(from), specifier))
}
