import { writeFileSync } from 'node:fs'
import { defineConfig, type Options } from 'tsup'

/** What is built of a package. */
export interface PresetOptions {
  /** Source files, without `src/` and `.ts`. */
  readonly entries: readonly string[]
  /** Those that React must treat as client code. */
  readonly clientEntries?: readonly string[]
  /** Other files of `dist`, by name, with what is in them. */
  readonly texts?: Readonly<Record<string, string>>
}

/** How every package is built: ESM by tsup, declarations by tsc (tsup's own need an older TypeScript). */
export function preset({ entries, clientEntries = [], texts = {} }: PresetOptions) {
  const shared: Options = {
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    // Sub-paths share one copy of what they have in common, so that an error class or a cache exists once.
    splitting: true,
    treeshake: false,
    // `node:sqlite` has no name without it.
    removeNodeProtocol: false,
    // A neutral platform has no modules of its own.
    external: [/^node:/],
    dts: false,
    sourcemap: true,
    clean: false,
  }
  const writeTexts = () => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(`dist/${name}`, text)
  }
  const configs: Options[] = [
    {
      ...shared,
      entry: named(entries),
      plugins: [{ name: 'texts', buildEnd: writeTexts }],
      onSuccess: 'tsc -p tsconfig.build.json',
    },
  ]
  if (clientEntries.length > 0) {
    // esbuild drops the directive, and a banner is the way to put it back. Its own config: with splitting the banner
    // is on every chunk, and a server entry may not share those.
    configs.unshift({ ...shared, entry: named(clientEntries), banner: { js: "'use client'" } })
  }
  return defineConfig(configs)
}

function named(entries: readonly string[]) {
  return Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`]))
}
