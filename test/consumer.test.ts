import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { root } from './module-imports.ts'
import { packPackages, run } from './packed-packages.ts'

let folder: string

beforeAll(() => {
  const { packages, dispose } = packPackages()
  folder = mkdtempSync(join(tmpdir(), 'crux-consumer-'))
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]))
  const version = (name: string, workspace: string) =>
    JSON.parse(readFileSync(join(root, workspace, 'node_modules', name, 'package.json'), 'utf8')).version
  const dependencies = {
    ...tarballs,
    '@types/node': version('@types/node', '.'),
    '@types/react': version('@types/react', 'packages/react'),
    react: version('react', 'packages/react'),
  }
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }))
  // JSON is YAML. The packages name each other by version: here those are the tarballs too.
  write('pnpm-workspace.yaml', JSON.stringify({ overrides: tarballs }))
  run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts'], folder)
  dispose()

  write('server.ts', serverProgram)
  write('page.tsx', pageProgram)
  write('tsconfig.server.json', tsconfig('server.ts', { module: 'nodenext', types: ['node'] }))
  write(
    'tsconfig.page.json',
    tsconfig('page.tsx', { module: 'preserve', moduleResolution: 'bundler', types: [] }),
  )
  return () => rmSync(folder, { recursive: true })
})

/** A store, an agent's writes, and the handler that streams them. */
const serverProgram = `
import { createCrux, CruxError, inMemoryCruxStore } from '@crux/core'
import { CruxError as SameError } from '@crux/core/errors'
import { cruxSSEHandler } from '@crux/server'

const store = inMemoryCruxStore()
const crux = createCrux({ store })
const plan = await crux.plan({ id: 'launch', title: 'Launch', content: '1. Build' })
const list = await crux.tasklist({ id: 'work', planId: plan.id, tasks: [{ id: 'build', label: 'Build' }] })
await list.startTask('build')
await list.completeTask('build')

const stop = new AbortController()
const handler = cruxSSEHandler({ store })
const response = await handler(new Request('http://localhost/live', { signal: stop.signal }))
let text = ''
for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
  text += chunk
  if (text.includes('"Launch"') && text.includes('"build"')) break
}
stop.abort()
console.log(response.headers.get('content-type'), CruxError === SameError)
process.exit(0)
`

/** A page; compiled with the DOM and without Node's types. */
const pageProgram = `
import { createSSETransport, CruxProvider, usePlan, useTasks } from '@crux/react'

function Work() {
  const plan = usePlan('launch')
  const tasks = useTasks('work')
  return <p>{plan?.title}: {tasks?.map((task) => task.label).join()}</p>
}

export function Page() {
  return <CruxProvider transport={createSSETransport('/api/live')}><Work /></CruxProvider>
}
`

/** Without skipLibCheck, so that our declarations are checked too. */
function tsconfig(file: string, options: object): string {
  const lib = ['ESNext', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable']
  const shared = { target: 'es2023', lib, strict: true, noEmit: true, jsx: 'react-jsx', skipLibCheck: false }
  return JSON.stringify({ compilerOptions: { ...shared, ...options }, files: [file] })
}

function write(file: string, text: string): void {
  writeFileSync(join(folder, file), text)
}

describe.each(['typescript', 'typescript-5'])(
  'an empty project that installs the packages, with %s',
  (typescript) => {
    const tsc = join(root, 'node_modules', typescript, 'bin', 'tsc')

    test.each(['server', 'page'])('compiles a %s', (program) => {
      run(process.execPath, [tsc, '-p', `tsconfig.${program}.json`], folder)
    })
  },
)

test('an empty project that installs the packages streams a plan', () => {
  expect(run(process.execPath, ['server.ts'], folder)).toBe('text/event-stream; charset=utf-8 true\n')
})
