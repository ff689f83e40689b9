import { constraint, createCruxAi, generate, prompt, router, stream } from '@crux/ai'
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

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

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

/** Turns of the event loop, until it is so. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

/** What a call ends with whose time is over while it hangs. The clock stands still until then. */
async function leaveAtLimit(call: (timeoutMs: number) => Promise<unknown>, isHanging: () => boolean) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const ended = rejection(call(40))
  await until(isHanging)
  vi.advanceTimersByTime(40)
  return ended
}

describe.each(Object.entries(ways))('AI-67 AIT-80 %s', (_name, run) => {
  test.each<[what: string, steps: ScriptStep[]]>([
    ['a provider that hangs', [{ hang: true }]],
    ['a provider that hangs in the middle', [{ text: 'He', hang: true }]],
  ])('AI-80 %s is left at timeoutMs, its signal aborted', async (_what, steps) => {
    const model = scriptedModel(steps)
    const error = await leaveAtLimit(
      (timeoutMs) => run({ model, timeoutMs }),
      () => model.calls.length > 0,
    )
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
    const error = await leaveAtLimit(
      (timeoutMs) => run({ model, tools: { wait }, timeoutMs }),
      () => signal !== undefined,
    )
    expect(error).toMatchObject({ name: 'TimeoutError' })
    expect(signal?.aborted).toBe(true)
  })

  test('a router that hangs is left too', async () => {
    const classify = vi.fn<() => Promise<string>>(never)
    const model = router({ classify, routes: { default: scriptedModel([]) } })
    const error = await leaveAtLimit(
      (timeoutMs) => run({ model, timeoutMs }),
      () => classify.mock.calls.length > 0,
    )
    expect(error).toMatchObject({ name: 'TimeoutError' })
  })

  test('a constraint that hangs is left too', async () => {
    const check = vi.fn<() => Promise<never>>(() => new Promise(() => {}))
    const hanging = [constraint({ name: 'hangs', check })]
    const error = await leaveAtLimit(
      (timeoutMs) => run({ model: scriptedModel(['Hi.']), constraints: hanging, timeoutMs }),
      () => check.mock.calls.length > 0,
    )
    expect(error).toMatchObject({ name: 'TimeoutError' })
  })

  test('nothing is asked for any more by what comes too late', async () => {
    let answer = (_route: string) => {}
    const classify = vi.fn<() => Promise<string>>(() => new Promise((resolve) => (answer = resolve)))
    const late = scriptedModel(['Hi.'])
    const error = await leaveAtLimit(
      (timeoutMs) => run({ model: router({ classify, routes: { default: late } }), timeoutMs }),
      () => classify.mock.calls.length > 0,
    )
    expect(error).toMatchObject({ name: 'TimeoutError' })
    answer('default')
    // What would come next waits for promises alone.
    await new Promise((turn) => setImmediate(turn))
    expect(late.calls).toEqual([])
  })

  test("an abort rejects at once with the signal's reason", async () => {
    const controller = new AbortController()
    const reason = { my: 'reason' }
    const hanging = scriptedModel([{ hang: true }])
    const work = rejection(run({ model: hanging, abortSignal: controller.signal }))
    await until(() => hanging.calls.length > 0)
    controller.abort(reason)
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
  let answer: (result: never) => void = () => {}
  const generateText = vi.fn<() => Promise<never>>(() => new Promise((resolve) => (answer = resolve)))
  const crux = createCruxAi({ gateway: { generateText } as never })
  const typed = prompt({ prompt: 'A number.', output: z.number() })
  const onRetry = vi.fn<() => void>()
  const retry = { model: 'any', validationRetry: { maxRetries: 2, onRetry } }
  const error = await leaveAtLimit(
    (timeoutMs) => crux.generate(typed, { ...retry, timeoutMs }),
    () => generateText.mock.calls.length > 0,
  )
  expect(error).toMatchObject({ name: 'TimeoutError' })
  answer(badAnswer() as never)
  // A second call would follow by promises alone.
  await new Promise((turn) => setImmediate(turn))
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
