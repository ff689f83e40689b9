import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  entrySource,
  findCycle,
  type ModuleImport,
  parseImports,
  reachableFrom,
  readSourceImports,
  root,
} from './module-imports.ts'

const imports = readSourceImports()
const all = [...imports.values()].flat()

const lowest = ['errors', 'ids', 'json', 'timing']
const commands = [...lowest, 'entities', 'wire', 'store']
const everything = [...commands, 'commands', 'plan', 'tasks', 'sse', 'structured', 'client']

/** What each folder of core may import besides itself. A new folder has to be put in here. */
const coreFolders: Readonly<Record<string, readonly string[]>> = {
  errors: lowest,
  ids: lowest,
  json: lowest,
  timing: lowest,
  entities: lowest,
  wire: [...lowest, 'entities'],
  store: [...lowest, 'entities', 'wire'],
  // What plan and tasks share.
  commands,
  plan: [...commands, 'commands'],
  tasks: [...commands, 'commands'],
  sse: lowest,
  structured: [...lowest, 'sse'],
  client: [...lowest, 'entities', 'wire', 'sse'],
  'tool-middleware': lowest,
  compaction: lowest,
  testing: everything,
  // The package's own index: everything but what needs a test runner.
  '': everything,
}

function within(packageName: string): ModuleImport[] {
  return all.filter(({ from }) => from.startsWith(`packages/${packageName}/src/`))
}

function coreFolder(file: string): string {
  return /^packages\/core\/src\/([^/]+)\//.exec(file)?.[1] ?? ''
}

function show({ from, specifier }: ModuleImport): string {
  return `${from} imports ${specifier}`
}

function isClassicZod({ specifier }: ModuleImport): boolean {
  return /^zod($|\/(?!(v4\/)?(mini|core)$))/.test(specifier)
}

describe('imports run one way', () => {
  test.each(Object.entries(coreFolders))('core/src/%s imports only what is below it', (folder, allowed) => {
    const wrong = within('core').filter(
      ({ from, file }) =>
        file !== undefined && coreFolder(from) === folder && ![folder, ...allowed].includes(coreFolder(file)),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('every folder of core has its place', () => {
    const folders = new Set(
      [...imports.keys()].filter((file) => file.startsWith('packages/core/')).map(coreFolder),
    )
    expect([...folders].filter((folder) => !(folder in coreFolders))).toEqual([])
  })

  test('every relative import names a file that is there', () => {
    const wrong = all.filter(({ file }) => file !== undefined && !existsSync(join(root, file)))
    expect(wrong.map(show)).toEqual([])
  })

  test('no package reaches into the files of another', () => {
    const packageOf = (file: string) => file.split('/')[1]
    const wrong = all.filter(
      ({ from, specifier, file }) =>
        file !== undefined && specifier.startsWith('.') && packageOf(from) !== packageOf(file),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('there is no cycle', () => {
    expect(findCycle(imports)).toBeUndefined()
  })

  test('core imports only zod and eventsource-parser', () => {
    const wrong = within('core').filter(({ from, specifier }) => {
      if (specifier.startsWith('.')) return false
      const testing = coreFolder(from) === 'testing' ? /^(vitest|fast-check)$/ : /^$/
      return !/^zod(\/|$)/.test(specifier) && specifier !== 'eventsource-parser' && !testing.test(specifier)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('server imports only core, and of its client only the strip helpers; its Hono forms also Hono', () => {
    const outside = within('server').filter(({ specifier }) => !specifier.startsWith('.'))
    const isHono = ({ from, specifier }: ModuleImport) =>
      from.startsWith('packages/server/src/hono/') && specifier === 'hono'
    const values = outside.filter((found) => !found.typeOnly && !isHono(found))
    const fromClient = values.filter(({ specifier }) => specifier === '@crux/core/client')

    expect(values.filter(({ specifier }) => !/^@crux\/core(\/|$)/.test(specifier)).map(show)).toEqual([])
    expect(fromClient.flatMap(({ names }) => names).filter((name) => !name.startsWith('strip'))).toEqual([])
  })

  test('nothing of server but its Hono forms loads them, or names Hono in a type', () => {
    const wrong = within('server').filter(
      ({ from, specifier, file }) =>
        !from.startsWith('packages/server/src/hono/') &&
        (/^hono($|\/)/.test(specifier) || file?.startsWith('packages/server/src/hono/')),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('sqlite imports only core and node:sqlite', () => {
    const wrong = within('sqlite').filter(
      ({ specifier }) => !specifier.startsWith('.') && !['@crux/core', 'node:sqlite'].includes(specifier),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('postgres imports only core, and pg when it is first needed', () => {
    const wrong = within('postgres').filter(
      ({ specifier, dynamic }) =>
        !specifier.startsWith('.') && specifier !== '@crux/core' && !(specifier === 'pg' && dynamic),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('redis imports only core: it is told of a client, and loads none', () => {
    const wrong = within('redis').filter(
      ({ specifier }) => !specifier.startsWith('.') && specifier !== '@crux/core',
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('react loads what browsers may of @crux/core, React, and @crux/server only on its server sub-path', () => {
    const wrong = within('react').filter(({ from, specifier, typeOnly }) => {
      if (specifier.startsWith('.') || typeOnly) return false
      if (from.startsWith('packages/react/src/server/')) return specifier !== '@crux/server'
      return !/^(react|react\/jsx-runtime|@crux\/core\/(client|errors|structured))$/.test(specifier)
    })
    expect(wrong.map(show)).toEqual([])
  })

  test('ai/stream loads only core and server, so that it works with every AI SDK', () => {
    const wrong = within('ai').filter(
      ({ from, specifier, typeOnly }) =>
        from.startsWith('packages/ai/src/stream/') &&
        !typeOnly &&
        !/^(\.|@crux\/core\/client$|@crux\/server$)/.test(specifier),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test('AI-4 AIT-1 one file of @crux/ai loads the AI SDK; the others know its types', () => {
    const loading = within('ai').filter(
      ({ specifier, typeOnly }) => /^(ai|@ai-sdk\/.*)$/.test(specifier) && !typeOnly,
    )
    expect(loading.map(show)).toEqual(['packages/ai/src/gateway/sdk-gateway.ts imports ai'])
  })

  test('the hooks do not load the server sub-path', () => {
    const wrong = within('react').filter(
      ({ from, file }) =>
        file?.startsWith('packages/react/src/server/') && !from.startsWith('packages/react/src/server/'),
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('what a browser loads is small', () => {
  test.each([
    '@crux/core/client',
    '@crux/core/errors',
    '@crux/core/sse',
    '@crux/core/structured',
    '@crux/core/tool-middleware',
    '@crux/core/compaction',
    '@crux/react',
    '@crux/react/chat',
  ])('%s loads neither zod classic nor Node', (specifier) => {
    const entry = entrySource(specifier)
    if (!entry) throw new Error(`${specifier} has no source in its package.json`)
    const wrong = reachableFrom(entry, imports).filter(
      (found) => isClassicZod(found) || found.specifier.startsWith('node:'),
    )
    expect(wrong.map(show)).toEqual([])
  })

  test.each(['@crux/core/tool-middleware', '@crux/core/compaction'])(
    'AI-3 AIT-1 %s loads nothing but what is in core',
    (specifier) => {
      const entry = entrySource(specifier)
      if (!entry) throw new Error(`${specifier} has no source in its package.json`)
      const wrong = reachableFrom(entry, imports).filter(
        ({ file }) => !file?.startsWith('packages/core/src/'),
      )
      expect(wrong.map(show)).toEqual([])
    },
  )

  test.each(['@crux/server/task-plan', '@crux/core/task-plan', '@crux/core/client'])(
    'INJ-3 INJ-A29 %s loads no zod and no AI SDK',
    (specifier) => {
      const entry = entrySource(specifier)
      if (!entry) throw new Error(`${specifier} has no source in its package.json`)
      const wrong = reachableFrom(entry, imports).filter(({ specifier: loaded }) =>
        /^(zod|ai|@ai-sdk)($|\/)/.test(loaded),
      )
      expect(wrong.map(show)).toEqual([])
    },
  )

  test('server runs where there is no Node: it imports node:* only as types or on demand', () => {
    const wrong = within('server').filter(
      ({ specifier, typeOnly, dynamic }) => specifier.startsWith('node:') && !typeOnly && !dynamic,
    )
    expect(wrong.map(show)).toEqual([])
  })
})

describe('how imports are read', () => {
  const parse = (code: string) =>
    parseImports('packages/core/src/wire/probe.ts', code).map(({ specifier, typeOnly, dynamic }) => ({
      specifier,
      typeOnly,
      dynamic,
    }))

  test('a type-only statement is one that says so itself', () => {
    expect(
      parse(
        `import type { A } from './a.ts'; import { type B } from './b.ts'; export type { C } from './c.ts'`,
      ),
    ).toEqual([
      { specifier: './a.ts', typeOnly: true, dynamic: false },
      { specifier: './b.ts', typeOnly: false, dynamic: false },
      { specifier: './c.ts', typeOnly: true, dynamic: false },
    ])
  })

  test('re-exports and dynamic imports count', () => {
    expect(parse(`export * from './a.ts'; const b = await import('node:fs')`)).toEqual([
      { specifier: './a.ts', typeOnly: false, dynamic: false },
      { specifier: 'node:fs', typeOnly: false, dynamic: true },
    ])
  })

  test('a cycle is found and named', () => {
    const file = (from: string, to: string) => [from, parseImports(from, `import '${to}'`)] as const
    const cycle = findCycle(
      new Map([file('src/a.ts', './b.ts'), file('src/b.ts', './c.ts'), file('src/c.ts', './b.ts')]),
    )
    expect(cycle).toEqual(['src/b.ts', 'src/c.ts', 'src/b.ts'])
  })
})
