import { createCruxAi, generate, prompt, router, stream } from '@crux/ai'
import { scriptedModel, type ScriptStep } from '@crux/ai/testing'
import { tool } from 'ai'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ prompt: 'Hello.' })
const never = () => new Promise<string>(() => {})

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

type Options = Parameters<typeof generate>[1]

/** Each way to run a call to its end. */
const ways = {
  generate: (options: Options) => generate(ask, options),
  'stream, read by completion': async (options: Options) => (await stream(ask, options as never)).completion,
  'stream, read by text': async (options: Options) => {
    const { textStream, completion } = await stream(ask, options as never)
    for await (const _text of textStream);
    await completion
  },
}

afterEach(() => vi.restoreAllMocks())

/** The timers of this limit that nobody has stopped. */
function watchTimers(limitMs: number) {
  const open = new Set<unknown>()
  const set = globalThis.setTimeout
  const clear = globalThis.clearTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) => {
    const timer = set(() => {
      open.delete(timer)
      run()
    }, ms)
    if (ms === limitMs) open.add(timer)
    return timer
  }) as never)
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    open.delete(timer)
    clear(timer)
  })
  return open
}

describe.each(Object.entries(ways))('AI-67 AIT-80 %s', (_name, run) => {
  test.each<[what: string, steps: ScriptStep[]]>([
    ['a provider that hangs', [{ hang: true }]],
    ['a provider that hangs in the middle', [{ text: 'He', hang: true }]],
  ])('AI-80 %s is left at timeoutMs, its signal aborted', async (_what, steps) => {
    const model = scriptedModel(steps)
    const error = await rejection(run({ model, timeoutMs: 40 }))
    expect(error).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('timeoutMs 40') })
    expect(model.calls[0]?.abortSignal?.aborted).toBe(true)
  })

  test('AI-80 a tool that hangs is left too, its signal aborted', async () => {
    let signal: AbortSignal | undefined
    const wait = tool({
      inputSchema: z.object({}),
      execute: (_input, options) => {
        signal = options.abortSignal
        return never()
      },
    })
    const model = scriptedModel([{ tools: [{ name: 'wait', input: {} }] }])
    const error = await rejection(run({ model, tools: { wait }, timeoutMs: 40 }))
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(signal?.aborted).toBe(true)
  })

  test('a router that hangs is left too', async () => {
    const source = router({ classify: never, routes: { default: scriptedModel([]) } })
    expect(await rejection(run({ model: source, timeoutMs: 40 }))).toMatchObject({ name: 'TimeoutError' })
  })

  test("an abort rejects at once with the signal's reason", async () => {
    const controller = new AbortController()
    const reason = { my: 'reason' }
    const work = rejection(run({ model: scriptedModel([{ hang: true }]), abortSignal: controller.signal }))
    setTimeout(() => controller.abort(reason), 10)
    expect(await work).toBe(reason)
    const model = scriptedModel(['Hi.'])
    expect(await rejection(run({ model, abortSignal: AbortSignal.abort(reason) }))).toBe(reason)
    expect(model.calls).toEqual([])
  })

  test.each<[what: string, options: Options]>([
    ['an answer', { model: scriptedModel(['Hi.', 'Hi.', 'Hi.']) }],
    ['an error', { model: scriptedModel([]) }],
    ['a failed set-up', { model: scriptedModel([]), activeTools: ['x'] }],
    ['a suspension', { model: scriptedModel([]), messages: openRequest() }],
  ])('no timer is left behind %s', async (_what, options) => {
    const open = watchTimers(54_321)
    await rejection(run({ ...options, maxRetries: 0, timeoutMs: 54_321 }))
    expect(open.size).toBe(0)
  })
})

test('AI-67 no timer is left by a stream of which only raw is read', async () => {
  const open = watchTimers(54_321)
  const { raw } = await stream(ask, { model: scriptedModel(['Hi.']), timeoutMs: 54_321 })
  expect(open.size).toBe(1)
  await raw?.consumeStream()
  expect(open.size).toBe(0)
})

test('AI-67 a model that answers in spite of the abort is not asked again', async () => {
  const generateText = vi.fn<() => Promise<never>>(
    () => new Promise((resolve) => setTimeout(() => resolve(badAnswer() as never), 60)),
  )
  const crux = createCruxAi({ gateway: { generateText } as never })
  const typed = prompt({ prompt: 'A number.', output: z.number() })
  const onRetry = vi.fn<() => void>()
  const error = await rejection(
    crux.generate(typed, { model: 'any', timeoutMs: 20, validationRetry: { maxRetries: 2, onRetry } }),
  )
  expect(error).toMatchObject({ name: 'TimeoutError' })
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect(generateText).toHaveBeenCalledOnce()
  expect(onRetry).not.toHaveBeenCalled()
})

function badAnswer() {
  const response = { modelId: 'any', id: '1', timestamp: new Date(), messages: [] }
  return { text: 'no', finishReason: 'stop', steps: [], responseMessages: [], response, usage: {} }
}

/** A history that waits for a person: the call comes back as it is. */
function openRequest(): NonNullable<Options['messages']> {
  return [
    { role: 'user', content: 'Pay.' },
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', toolCallId: 'c', toolName: 'pay', input: {} },
        { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c' },
      ],
    },
  ]
}
