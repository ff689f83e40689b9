import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { packPackages, run } from './packed-packages.ts'

const majors = ['5.0.277', '6.0.326']
const folders = new Map<string, string>()

beforeAll(() => {
  const { packages, dispose } = packPackages()
  const needed = packages.filter(({ name }) => ['@crux/core', '@crux/server', '@crux/ai'].includes(name))
  const tarballs = Object.fromEntries(needed.map(({ name, tarball }) => [name, `file:${tarball}`]))
  for (const version of majors) {
    const folder = mkdtempSync(join(tmpdir(), 'crux-older-ai-'))
    folders.set(version, folder)
    const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
    const dependencies = { ...tarballs, ai: version }
    write('package.json', JSON.stringify({ name: 'older', private: true, type: 'module', dependencies }))
    // JSON is YAML. The packages name each other by version: here those are the tarballs too.
    write('pnpm-workspace.yaml', JSON.stringify({ overrides: tarballs }))
    write('program.ts', program)
    run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts'], folder)
  }
  dispose()
  return () => folders.forEach((folder) => rmSync(folder, { recursive: true }))
})

/** Writes through `/stream`, then asks everything else of the package once. */
const program = `
import * as ai from 'ai'
import { createCrux, inMemoryCruxStore } from '@crux/core'
import { createCruxStreamWriter } from '@crux/ai/stream'
import { embedding, generate, prompt, reranker, stream } from '@crux/ai'
import { resolve } from '@crux/ai/agent'

const store = inMemoryCruxStore()
const types: string[] = []
const uiStream = ai.createUIMessageStream({
  execute: async ({ writer }) => {
    const chat = store.scope('chat:1:')
    const cruxWriter = createCruxStreamWriter(writer, chat)
    await createCrux({ store: chat }).plan({ title: 'Launch', content: '1. Build' })
    await cruxWriter.close()
  },
})
for await (const { type } of uiStream) types.push(type)

const said: string[] = []
const tell = async (call: () => unknown) => {
  try {
    await call()
    said.push('nothing')
  } catch (error) {
    said.push(String((error as { code?: string }).code) + ': ' + (error as Error).message)
  }
}
const model = 'provider/model' as never
await tell(() => generate(prompt({}), { model }))
await tell(() => stream(prompt({}), { model }))
await tell(() => resolve(prompt({}), { model }))
await tell(() => embedding({ name: 'docs', model, dimensions: 2, maxInputTokens: 9 }).embed('text'))
await tell(() => reranker({ name: 'best', model }).rerank({ query: 'q', hits: ['a'] }))
console.log(JSON.stringify({ types: types.filter((type) => type.startsWith('data-')), said: [...new Set(said)] }))
process.exit(0)
`

test.each(majors)(
  'AI-5 AIT-2 beside ai %s @crux/ai/stream works, and everything else says what it needs',
  (version) => {
    const output = JSON.parse(run(process.execPath, ['program.ts'], folders.get(version) ?? ''))
    expect(output.types.length).toBeGreaterThan(0)
    expect(output.said).toEqual([
      'usage: @crux/ai needs AI SDK 7 (peer ai ^7), found an older one; on AI SDK 5 and 6 only @crux/ai/stream works',
    ])
  },
)
