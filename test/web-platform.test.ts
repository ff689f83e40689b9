import { createContext, runInContext } from 'node:vm'
import { build, type Rolldown } from 'vite'
import { expect, test } from 'vitest'
import { entrySource, root } from './module-imports.ts'

/** An entry point and all it loads, as one script for a runtime that is neither Node nor a browser. */
async function bundle(specifier: string): Promise<string> {
  const entry = entrySource(specifier)
  if (!entry) throw new Error(`${specifier} has no source in its package.json`)
  const warnings: string[] = []
  const result = await build({
    root,
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['@crux/source'] },
    build: {
      write: false,
      minify: false,
      lib: { entry, name: 'entry', formats: ['iife'] },
      rolldownOptions: { platform: 'neutral', onLog: (_level, { message }) => void warnings.push(message) },
    },
  })
  const [output] = [result].flat() as Rolldown.RolldownOutput[]
  const chunks = output?.output.filter((item) => item.type === 'chunk') ?? []
  expect(warnings).toEqual([])
  expect(chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])).toEqual([])
  return chunks.map(({ code }) => code).join('\n')
}

/** What the web platform has, and nothing of Node: no `process`, no `Buffer`, no `setImmediate`, and timers are numbers. */
function webGlobals() {
  const timers: NodeJS.Timeout[] = []
  const asNumber =
    (start: (callback: () => void, ms: number) => NodeJS.Timeout) => (callback: () => void, ms: number) =>
      timers.push(start(callback, ms)) - 1
  const stop = (id: number) => clearTimeout(timers[id])
  return {
    AbortController,
    AbortSignal,
    DOMException,
    Headers,
    Request,
    Response,
    ReadableStream,
    TextEncoder,
    TextDecoder,
    TransformStream,
    URL,
    URLSearchParams,
    WritableStream,
    console,
    crypto,
    performance,
    queueMicrotask,
    structuredClone,
    setTimeout: asNumber(setTimeout),
    setInterval: asNumber(setInterval),
    clearTimeout: stop,
    clearInterval: stop,
  }
}

test('SSE-1 @crux/server is one script without Node, and streams events where there is none', async () => {
  const context = createContext(webGlobals())
  runInContext(`${await bundle('@crux/server')}; globalThis.entry = entry`, context)
  const text: unknown = await runInContext(
    `const route = entry.sse(async (stream, request) => {
      await stream.writeSSE({ event: 'row', id: 1, data: { runtime: typeof process } })
      stream.close()
      await stream.write('late')
    })
    route(new Request('http://test.invalid/')).text()`,
    context,
  )
  expect(text).toBe(
    ':\n\nevent: row\nid: 1\ndata: {"runtime":"undefined"}\n\nevent: end\nid: sse:end\ndata: {"reason":"complete"}\n\n',
  )
})
