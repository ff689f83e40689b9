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
    hono: version('hono', 'packages/server'),
    react: version('react', 'packages/react'),
  }
  write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module', dependencies }))
  // JSON is YAML. The packages name each other by version: here those are the tarballs too.
  write('pnpm-workspace.yaml', JSON.stringify({ overrides: tarballs }))
  run('pnpm', ['install', '--prefer-offline', '--no-frozen-lockfile', '--ignore-scripts'], folder)
  dispose()

  write('server.ts', serverProgram)
  write('page.tsx', pageProgram)
  write('block.ts', blockProgram)
  write('hono.ts', honoProgram)
  write('tsconfig.server.json', tsconfig('server.ts', { module: 'nodenext', types: ['node'] }))
  // Hono's declarations are large and not ours to check. That ours are found and true, the program shows.
  const forHono = { module: 'nodenext', types: ['node'], skipLibCheck: true }
  write('tsconfig.hono.json', tsconfig('hono.ts', forHono))
  write(
    'tsconfig.page.json',
    tsconfig('page.tsx', { module: 'preserve', moduleResolution: 'bundler', types: [] }),
  )
  const lib = ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable']
  write('tsconfig.block.json', tsconfig('block.ts', { module: 'nodenext', types: [], lib }))
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

/** What closes itself at the end of a block; compiled with libraries that know nothing of that. */
const blockProgram = `
import { inMemoryCruxStore } from '@crux/core'
import { createCruxStreamWriter, cruxSSEHandler } from '@crux/server'

export async function answerOnce(request: Request, write: (chunk: { type: string }) => void): Promise<Response> {
  await using store = inMemoryCruxStore()
  await using writer = createCruxStreamWriter({ write }, store.scope('chat:1:'))
  await using handler = cruxSSEHandler({ store })
  writer.write({ type: 'start' })
  return handler(request)
}
`

/** A route of Hono whose context is known. */
const honoProgram = `
import { createRouter } from '@crux/server/hono'
import { createMiddleware } from 'hono/factory'

const requireUser = createMiddleware<{ Variables: { user: string } }>(async (c, next) => {
  c.set('user', 'ada')
  await next()
})
const router = createRouter({ basePath: '/v1' }).sse('/rooms/:room', requireUser, (c) => async (stream) => {
  const names: readonly string[] = [c.get('user'), c.req.param('room')]
  await stream.write(names.join(' in '))
  // @ts-expect-error -- nobody sets it
  c.get('other')
})
console.log(await (await router.request('/v1/rooms/blue')).text())
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

    test.each(['server', 'page', 'block', 'hono'])('compiles a %s', (program) => {
      run(process.execPath, [tsc, '-p', `tsconfig.${program}.json`], folder)
    })
  },
)

test('an empty project that installs the packages streams a plan', () => {
  expect(run(process.execPath, ['server.ts'], folder)).toBe('text/event-stream; charset=utf-8 true\n')
})

test('an empty project that installs the packages and Hono streams from a route of it', () => {
  expect(run(process.execPath, ['hono.ts'], folder)).toContain('data: ada in blue\n\nevent: end\n')
})
