import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { schemaSql } from '../packages/postgres/src/schema-sql.ts'
import { workspacePackages } from '../scripts/workspace-packages.mjs'
import { packPackages, run } from './packed-packages.ts'

const names = workspacePackages().map(({ name }) => name)
let packed: ReturnType<typeof packPackages>

beforeAll(() => {
  packed = packPackages()
  return packed.dispose
})

function get(name: string) {
  const found = packed.packages.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`${name} was not packed`)
  return found
}

/** Sub-paths with the JavaScript file of each. */
function entries(
  name: string,
): { readonly subPath: string; readonly file: string; readonly types: string }[] {
  return Object.entries(get(name).manifest.exports).flatMap(([subPath, target]) =>
    typeof target === 'string'
      ? []
      : [{ subPath, file: target['default'] ?? '', types: target['types'] ?? '' }],
  )
}

describe.each(names)('%s', (name) => {
  test('holds the files that its entries name', () => {
    const { unpacked } = get(name)
    const missing = entries(name).flatMap(({ file, types }) =>
      [file, types].filter((path) => path === '' || !existsSync(join(unpacked, path))),
    )
    expect(missing).toEqual([])
  })

  test('loads under plain Node, without the conditions and tools of this repository', () => {
    const { dir } = get(name)
    // Testing helpers need a test runner around them.
    const files = entries(name).filter(({ subPath }) => subPath !== './testing')
    const urls = files.map(({ file }) => pathToFileURL(join(dir, file)).href)
    const script = urls.map((url) => `await import(${JSON.stringify(url)});`).join('')
    run(process.execPath, ['--input-type=module', '--eval', script], dir)
  })

  test('is published without sources, the source condition and workspace ranges', () => {
    const { manifest, unpacked } = get(name)
    expect(JSON.stringify(manifest.exports)).not.toContain('@crux/source')
    expect(
      Object.values(manifest.dependencies ?? {}).filter((range) => range.startsWith('workspace:')),
    ).toEqual([])
    expect(existsSync(join(unpacked, 'src'))).toBe(false)
    expect(existsSync(join(unpacked, 'LICENSE'))).toBe(true)
  })

  test('has the same entries published as in the workspace', () => {
    const workspace = JSON.parse(readFileSync(join(get(name).dir, 'package.json'), 'utf8'))
    expect(Object.keys(get(name).manifest.exports)).toEqual(Object.keys(workspace.exports))
  })

  test('names no TypeScript file in its JavaScript', () => {
    const { unpacked } = get(name)
    const wrong = globSync('dist/**/*.js', { cwd: unpacked }).filter((file) =>
      /(?:from|import)\s*\(?['"]\.[^'"]*\.tsx?['"]/.test(readFileSync(join(unpacked, file), 'utf8')),
    )
    expect(wrong).toEqual([])
  })
})

describe("'use client'", () => {
  const firstLine = (file: string) =>
    readFileSync(join(get('@crux/react').unpacked, file), 'utf8').split('\n', 1)[0]

  test('is the first line of what React renders in the browser', () => {
    expect(firstLine('dist/index.js')).toMatch(/^['"]use client['"];?$/)
  })

  test('is not in what a route handler imports', () => {
    expect(readFileSync(join(get('@crux/react').unpacked, 'dist/server/index.js'), 'utf8')).not.toContain(
      'use client',
    )
  })
})

test('STO-30 the SQL that migrate() runs is a file, for the schema crux', () => {
  const { unpacked, manifest } = get('@crux/postgres')
  expect(manifest.exports['./schema.sql']).toBe('./dist/schema.sql')
  expect(readFileSync(join(unpacked, 'dist/schema.sql'), 'utf8')).toBe(schemaSql('crux'))
})

test.each([
  [
    '@crux/ai',
    '.',
    'prompt context when match generate stream createCruxAi aiSdkProviderRuntime liveSdkGateway generateTextFn ' +
      'generateObjectFn embedding reranker fallback router cascade constraint guardrail toolMiddleware ' +
      'approvalMiddleware CruxAIError ValidationExhaustedError ConstraintViolationError GuardrailBlockedError ' +
      'CascadeExhaustedError ToolApprovalError EmbeddingDimensionError settledMessages',
  ],
  ['@crux/ai', './agent', 'resolve'],
  ['@crux/ai', './stream', 'createCruxStreamWriter createCruxUIMessageStream createStreamTransport'],
  ['@crux/ai', './testing', 'scriptedModel scriptedGateway scriptedEmbeddingModel scriptedRerankingModel'],
  [
    '@crux/core',
    './tool-middleware',
    'toolMiddleware approvalMiddleware appendToolApprovalResponse findToolApprovalRequests memoryApprovalStore ' +
      'ToolApprovalError',
  ],
  ['@crux/core', './compaction', 'createGenerateObjectFnFromGenerate'],
])('AI-2 AIT-1 %s, entry %s, holds just the values it lists', async (name, subPath, names) => {
  const file = entries(name).find((entry) => entry.subPath === subPath)?.file ?? ''
  const values: object = await import(pathToFileURL(join(get(name).dir, file)).href)
  expect(Object.keys(values).toSorted()).toEqual(names.split(' ').toSorted())
})

test('AI-1 AIT-1 @crux/ai is ESM for AI SDK 7, and brings no schema library', () => {
  const manifest: Readonly<Record<string, unknown>> = get('@crux/ai').manifest
  expect(manifest['type']).toBe('module')
  expect(manifest['peerDependencies']).toEqual({ ai: '^7.0.0' })
  expect(Object.keys(get('@crux/ai').manifest.dependencies ?? {})).toEqual(['@crux/core', '@crux/server'])
})
