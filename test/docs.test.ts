import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { readCodeBlocks, readDocuments, writeCodeBlocks } from './code-blocks.ts'
import { root } from './module-imports.ts'

const documents = readDocuments()
const blocks = documents.flatMap(readCodeBlocks)
const withCode = documents.filter((document) => blocks.some((block) => block.document === document))

/** Compiler errors by document, at the document's own line numbers. */
const errors = new Map<string, string[]>()

beforeAll(() => {
  const files = writeCodeBlocks(blocks)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = [tsc, '--pretty', 'false', '-p', 'docs/tsconfig.blocks.json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  for (const [, file = '', line, message] of (stdout + stderr).matchAll(
    /^(\S[^(\n]*)\((\d+),\d+\): (.*)$/gm,
  )) {
    const block = files.get(file)
    const document = block?.document ?? file
    const at = block ? block.line + Number(line) - 1 : Number(line)
    errors.set(document, [...(errors.get(document) ?? []), `${document}:${at} ${message}`])
  }
  if (status !== 0 && errors.size === 0) throw new Error(`tsc did not start checking: ${stdout}${stderr}`)
})

test.each(withCode)('the code in %s compiles', (document) => {
  expect(errors.get(document) ?? []).toEqual([])
})

test('nothing that the code imports has errors of its own', () => {
  expect([...errors.keys()].filter((document) => !documents.includes(document))).toEqual([])
})
