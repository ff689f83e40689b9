import { generate, prompt, settledMessages, toolMiddleware } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { tool, type ToolSet } from 'ai'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'
import { wrapToolsForAgent } from '../../src/approvals/wrap-tools-for-agent.ts'
import { call, calls, told, mock } from './approvals-kit.ts'

const ask = prompt({ prompt: 'Search.' })

afterEach(() => void vi.useRealTimers())

function searching(execute: (input: { q: string }, options: never) => unknown) {
  return { search: tool({ inputSchema: z.object({ q: z.string() }), execute: execute as never }) } as ToolSet
}

const script = () => scriptedModel([calls(call('search', { q: 'tides' }, 's1')), 'done'])

describe('AI-50 middleware', () => {
  test('AI-50 AIT-63 sees name, id, input, output and duration, and the SDK’s own options', async () => {
    const seen: Record<string, unknown> = {}
    const abortSignal = new AbortController().signal
    const watch = toolMiddleware({
      id: 'watch',
      match: ['search'],
      beforeExecute: (call) => {
        vi.advanceTimersByTime(100)
        seen['before'] = call
      },
      afterExecute: (call) => void (seen['after'] = call),
      onError: () => void (seen['error'] = true),
    })
    const other = toolMiddleware({
      id: 'other',
      match: [/^x/, () => false],
      beforeExecute: () => void (seen['other'] = true),
    })
    // The clock goes on where it is told to.
    vi.useFakeTimers({ toFake: ['performance'] })
    const tools = searching(async ({ q }) => {
      vi.advanceTimersByTime(15)
      return `found ${q}`
    })
    await generate(ask, { model: script(), tools, toolMiddleware: [watch, other], abortSignal })

    const call = { toolName: 'search', toolCallId: 's1', input: { q: 'tides' } }
    expect(seen['before']).toMatchObject({
      ...call,
      messages: [{ role: 'user', content: 'Search.' }],
      abortSignal: expect.any(AbortSignal),
      options: { toolCallId: 's1' },
    })
    expect(seen['after']).toMatchObject({ ...call, output: 'found tides', durationMs: 15 })
    expect(seen).not.toHaveProperty('error')
    expect(seen).not.toHaveProperty('other')
  })

  test('AI-51 AIT-63 the tools given stay as they are, and keep what is around execute', async () => {
    class Search {
      readonly #secret = 'tides'
      readonly inputSchema = z.object({ q: z.string() })
      get description() {
        return 'searches'
      }
      execute({ q }: { q: string }) {
        return q === this.#secret ? 'found' : 'not found'
      }
      toModelOutput({ output }: { output: unknown }) {
        return { type: 'text' as const, value: `${this.description}: ${String(output)}` }
      }
    }
    const search = new Search()
    const client = { inputSchema: z.object({}), outputSchema: z.string() }
    const tools = Object.freeze({
      search: Object.freeze(search),
      client: Object.freeze(client),
    }) as never as ToolSet
    const before: unknown = Reflect.get(search, 'execute')
    const model = script()
    await generate(ask, { model, tools, toolMiddleware: toolMiddleware({ id: 'all' }) })
    expect(Reflect.get(search, 'execute')).toBe(before)
    expect(told(model, 1)).toContain('searches: found')
    expect(model.calls[0]?.tools).toMatchObject([
      { name: 'search', description: 'searches' },
      { name: 'client' },
    ])
    expect(wrapToolsForAgent(tools, [toolMiddleware({ id: 'all' })]).tools['client']).toBe(client)
  })

  test('AI-50 AIT-64 input changed, options added, what the SDK owns kept', async () => {
    const execute = mock(async (_input: unknown, _options: unknown) => 'found')
    const change = toolMiddleware({
      id: 'change',
      aroundExecute: (_call, next) =>
        next({ q: 'changed' }, { own: 1, toolCallId: 'other', abortSignal: AbortSignal.abort() }),
    })
    const keep = toolMiddleware({ id: 'keep', aroundExecute: (_call, next) => next(undefined, { more: 2 }) })
    const inner: unknown[] = []
    const see = toolMiddleware({
      id: 'see',
      beforeExecute: ({ input, toolCallId }) => void inner.push(input, toolCallId),
    })
    await generate(ask, { model: script(), tools: searching(execute), toolMiddleware: [see, keep, change] })
    expect(inner).toEqual([{ q: 'changed' }, 's1'])
    expect(execute).toHaveBeenCalledExactlyOnceWith(
      { q: 'changed' },
      expect.objectContaining({ own: 1, more: 2, toolCallId: 's1', messages: expect.any(Array) }),
    )
    const given: unknown = execute.mock.calls[0]?.[1]
    expect(given).not.toHaveProperty('abortSignal.aborted', true)
  })

  test('AI-50 AIT-64 an early return skips the tool, and afterExecute still runs', async () => {
    const execute = mock(async () => 'found')
    const after = vi.fn<(...given: unknown[]) => void>()
    const cache = toolMiddleware({
      id: 'cache',
      aroundExecute: () => 'cached',
      afterExecute: ({ output }) => after(output),
    })
    const model = script()
    await generate(ask, { model, tools: searching(execute), toolMiddleware: cache })
    expect(execute).not.toHaveBeenCalled()
    expect(after).toHaveBeenCalledExactlyOnceWith('cached')
    expect(told(model, 1)).toContain('cached')
  })

  test('AI-50 AIT-64 a throw in beforeExecute prevents the tool; the model is told', async () => {
    const execute = mock(async () => 'found')
    const block = toolMiddleware({
      id: 'block',
      beforeExecute: () => Promise.reject(new Error('not at night')),
    })
    const model = script()
    expect(await generate(ask, { model, tools: searching(execute), toolMiddleware: block })).toMatchObject({
      text: 'done',
    })
    expect(execute).not.toHaveBeenCalled()
    expect(told(model, 1)).toContain('not at night')
  })

  test('AI-50 a matcher that throws prevents the tool as well', async () => {
    const execute = mock(async () => 'found')
    const broken = toolMiddleware({ id: 'broken', match: [() => Promise.reject(new Error('no policy'))] })
    const model = script()
    await generate(ask, { model, tools: searching(execute), toolMiddleware: broken })
    expect(execute).not.toHaveBeenCalled()
    expect(told(model, 1)).toContain('no policy')
  })

  test('AI-50 AI-92 AIT-64 onError observes, and the same error goes on, whatever the observer does', async () => {
    const failure = new Error('index is gone')
    const seen: unknown[] = []
    const observe = (id: string, fails = false) =>
      toolMiddleware({
        id,
        onError: ({ error, durationMs, toolCallId }) => {
          seen.push([id, error, typeof durationMs, toolCallId])
          if (fails) throw new Error('observer is broken')
        },
        afterExecute: () => void seen.push('never'),
      })
    const model = script()
    const tools = searching(() => Promise.reject(failure))
    await generate(ask, { model, tools, toolMiddleware: [observe('inner', true), observe('outer')] })
    expect(seen).toEqual([
      ['inner', failure, 'number', 's1'],
      ['outer', failure, 'number', 's1'],
    ])
    expect(told(model, 1)).toContain('index is gone')
  })

  test('AI-50 AI-65 an aroundExecute that never came to its end may have done the work', async () => {
    const leave = new AbortController()
    const reason = new Error('left')
    const hang = toolMiddleware({
      id: 'hang',
      aroundExecute: () => {
        leave.abort(reason)
        return new Promise(() => {})
      },
    })
    const options = { model: script(), tools: searching(async () => 'found'), abortSignal: leave.signal }
    await expect(generate(ask, { ...options, toolMiddleware: hang })).rejects.toBe(reason)
    expect(JSON.stringify(settledMessages(reason))).toContain('it may have run')
  })

  test('AI-50 an aroundExecute may try again', async () => {
    const execute = mock(async () => 'found')
    execute.mockRejectedValueOnce(new Error('busy'))
    const retry = toolMiddleware({
      id: 'retry',
      aroundExecute: async (_call, next) => {
        try {
          return await next()
        } catch {
          return next()
        }
      },
    })
    const model = script()
    await generate(ask, { model, tools: searching(execute), toolMiddleware: retry })
    expect(execute).toHaveBeenCalledTimes(2)
    expect(told(model, 1)).toContain('found')
  })
})

test('AI-51 AIT-65 the prompt’s middleware is inside, the call’s outside, the last outermost; all tools are wrapped', async () => {
  const order: string[] = []
  const note = (id: string) =>
    toolMiddleware({
      id,
      beforeExecute: () => void order.push(`${id} before`),
      aroundExecute: async (_call, next) => {
        order.push(`${id} in`)
        const output = await next()
        order.push(`${id} out`)
        return output
      },
      afterExecute: () => void order.push(`${id} after`),
    })
  const own = prompt({
    prompt: 'Search.',
    tools: searching(async () => order.push('own tool')),
    toolMiddleware: [note('prompt 1'), note('prompt 2')],
  })
  const around = (tool: string) => {
    const ids = ['call 2', 'call 1', 'prompt 2', 'prompt 1']
    return [
      ...ids.flatMap((id) => [`${id} before`, `${id} in`]),
      tool,
      ...ids.toReversed().flatMap((id) => [`${id} out`, `${id} after`]),
    ]
  }
  const middleware = [note('call 1'), note('call 2')]
  await generate(own, { model: script(), toolMiddleware: middleware })
  expect(order).toEqual(around('own tool'))
  order.length = 0
  await generate(own, {
    model: script(),
    tools: searching(async () => order.push('call tool')),
    toolMiddleware: middleware,
  })
  expect(order).toEqual(around('call tool'))
})

describe('AI-52 tools that yield', () => {
  async function* twice({ q }: { q: string }) {
    yield `looking for ${q}`
    yield `found ${q}`
  }
  const after = () => {
    const outputs: unknown[] = []
    return {
      outputs,
      hook: toolMiddleware({ id: 'see', afterExecute: ({ output }) => void outputs.push(output) }),
    }
  }
  async function valuesOf(tools: ToolSet, middleware: Parameters<typeof wrapToolsForAgent>[1]) {
    const wrapped = wrapToolsForAgent(tools, middleware).tools['search']
    const result: unknown = wrapped?.execute?.(
      { q: 'x' },
      { toolCallId: 's1', messages: [], context: undefined },
    )
    if (typeof result !== 'object' || result === null || !(Symbol.asyncIterator in result))
      return { value: await result }
    const values: unknown[] = []
    for await (const value of result as AsyncIterable<unknown>) values.push(value)
    return { values }
  }

  test('AI-52 AIT-66 an async generator keeps its preliminary values', async () => {
    const { outputs, hook } = after()
    expect(await valuesOf(searching(twice), [hook])).toEqual({ values: ['looking for x', 'found x'] })
    expect(outputs).toEqual(['found x'])
    const bound = twice.bind(undefined)
    expect(await valuesOf(searching(bound), [hook])).toEqual({ values: ['looking for x', 'found x'] })
    const model = script()
    await generate(ask, { model, tools: searching(twice), toolMiddleware: hook })
    expect(told(model, 1)).toContain('found tides')
    expect(told(model, 1)).not.toContain('looking for')
  })

  test('AI-52 AIT-66 inside an aroundExecute it is drained, and only what that returned is yielded', async () => {
    const { outputs, hook } = after()
    const around = toolMiddleware({
      id: 'around',
      aroundExecute: async (_call, next) => `${String(await next())}!`,
    })
    expect(await valuesOf(searching(twice), [around, hook])).toEqual({ values: ['found x!'] })
    expect(outputs).toEqual(['found x!'])
  })

  test('AI-52 AI-91 AIT-66 an async function that returns an iterable gives its last value', async () => {
    const { outputs, hook } = after()
    expect(
      await valuesOf(
        searching(async (input) => twice(input)),
        [hook],
      ),
    ).toEqual({ value: 'found x' })
    expect(
      await valuesOf(
        searching((input) => twice(input)),
        [hook],
      ),
    ).toEqual({ value: 'found x' })
    expect(outputs).toEqual(['found x', 'found x'])
    const model = script()
    await generate(ask, { model, tools: searching(async (input) => twice(input)) })
    expect(told(model, 1)).toContain('found tides')
  })

  test('AI-52 AIT-66 nothing yielded is undefined, a throw between values goes on', async () => {
    async function* nothing() {}
    async function* breaks() {
      yield 'one'
      throw new Error('broken off')
    }
    const { outputs, hook } = after()
    expect(await valuesOf(searching(nothing), [hook])).toEqual({ values: [] })
    expect(outputs).toEqual([undefined])
    await expect(valuesOf(searching(breaks), [hook])).rejects.toThrow('broken off')
  })

  test('AI-52 a reader who leaves early ends the generator', async () => {
    const ended = vi.fn<(...given: unknown[]) => void>()
    async function* endless() {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        ended()
      }
    }
    const { tools } = wrapToolsForAgent(searching(endless), [toolMiddleware({ id: 'all' })])
    const values = tools['search']?.execute?.(
      { q: 'x' },
      { toolCallId: 's', messages: [], context: undefined },
    )
    for await (const value of values as AsyncIterable<unknown>) if (value === 3) break
    expect(ended).toHaveBeenCalledOnce()
  })
})
