import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './module-imports.ts'

/** A piece of TypeScript in a document. */
export interface CodeBlock {
  readonly document: string
  /** Line of the document that the code's first line is on, from 1. */
  readonly line: number
  readonly code: string
  readonly extension: 'ts' | 'tsx'
}

/** Inside docs/, so that imports resolve to what docs/package.json declares. */
const blocksFolder = 'docs/code-blocks'

export function readDocuments(): string[] {
  return globSync(['README.md', 'packages/*/README.md', 'examples/*/README.md', 'docs/**/*.md'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }).toSorted()
}

/** The ```ts and ```tsx blocks of a document; one marked `no-check` only lists signatures and is left out. */
export function readCodeBlocks(document: string): CodeBlock[] {
  const text = readFileSync(join(root, document), 'utf8')
  const fences = text.matchAll(/^( *)```(tsx?)([^\n]*)\n([\s\S]*?)^ *```/gm)
  return [...fences].flatMap(({ index, 1: indent = '', 2: extension, 3: info = '', 4: code = '' }) => {
    if (/\bno-check\b/.test(info)) return []
    return {
      document,
      line: text.slice(0, index).split('\n').length + 1,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      extension: extension === 'tsx' ? 'tsx' : 'ts',
    } satisfies CodeBlock
  })
}

/**
 * Writes blocks as files, one folder per document, and says which file is which block. A block that begins with
 * `// some/file.ts` gets that name, so that another block of the same document can import it.
 */
export function writeCodeBlocks(blocks: readonly CodeBlock[]): ReadonlyMap<string, CodeBlock> {
  rmSync(join(root, blocksFolder), { recursive: true, force: true })
  const written = new Map<string, CodeBlock>()
  for (const block of blocks) {
    const folder = join(blocksFolder, block.document.replaceAll(/[^\w-]+/g, '-'))
    const named = /^\/\/ ([\w@./[\]()-]+\.tsx?)\s*$/m.exec(block.code.split('\n', 1)[0] ?? '')?.[1]
    const wanted = join(folder, named ?? `line-${block.line}.${block.extension}`)
    const file = existsSync(join(root, wanted))
      ? join(folder, `line-${block.line}.${block.extension}`)
      : wanted
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), block.code)
    written.set(file, block)
  }
  return written
}
