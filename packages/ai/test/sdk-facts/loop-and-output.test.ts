import { scriptedEmbeddingModel, scriptedModel } from '@crux/ai/testing'
import {
  APICallError,
  asSchema,
  embedMany,
  generateText,
  isStepCount,
  Output,
  RetryError,
  streamText,
  tool,
  wrapLanguageModel,
} from 'ai'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'

const echo = tool({ inputSchema: z.object({}), execute: () => 'echo' })
const calls = { tools: [{ name: 'echo', input: {} }] }
const text = { role: 'user' as const, content: 'hi' }

test('AI-76 AIT-88 both functions stop after one step by default', async () => {
  const model = scriptedModel([calls, 'never asked'])
  await generateText({ model, tools: { echo }, prompt: 'hi' })
  expect(model.calls).toHaveLength(1)

  const streamed = scriptedModel([calls, 'never asked'])
  await streamText({ model: streamed, tools: { echo }, prompt: 'hi' }).consumeStream()
  expect(streamed.calls).toHaveLength(1)
})

test('AI-77 AIT-88 isStepCount compares with ===, so 0 and 2.5 never stop the loop', async () => {
  for (const count of [0, 2.5]) {
    const model = scriptedModel([calls, calls, calls, calls, 'end of the script'])
    const { text: said } = await generateText({
      model,
      tools: { echo },
      prompt: 'hi',
      stopWhen: isStepCount(count),
    })
    expect(said).toBe('end of the script')
  }
})

test('AI-78 AIT-88 textStream ends silently on error, and text has no cause', async () => {
  const model = scriptedModel([{ error: new Error('broken') }])
  const result = streamText({ model, prompt: 'hi', maxRetries: 0, onError: () => {} })
  const read: string[] = []
  for await (const piece of result.textStream) read.push(piece)
  expect(read).toEqual([])
  await expect(result.text).rejects.toMatchObject({ name: 'AI_NoOutputGeneratedError', cause: undefined })
})

test('AI-78 AIT-88 after an error part in the middle, text is the partial text', async () => {
  const model = scriptedModel([{ chunks: ['half ', 'a'], error: new Error('broken') }])
  const result = streamText({ model, prompt: 'hi', onError: () => {} })
  for await (const _piece of result.textStream);
  expect(await result.text).toBe('half a')
})

test('AI-78 AIT-88 textStream ends silently on abort', async () => {
  const abort = new AbortController()
  const model = scriptedModel([{ chunks: ['a', 'b'], hang: true }])
  const result = streamText({ model, prompt: 'hi', abortSignal: abort.signal })
  const read: string[] = []
  for await (const piece of result.textStream) {
    if (read.push(piece) === 2) abort.abort(new Error('left'))
  }
  expect(read).toEqual(['a', 'b'])
})

test('AI-79 AIT-88 the reason of the abort part is a string', async () => {
  const abort = new AbortController()
  const result = streamText({
    model: scriptedModel([{ chunks: ['a'], hang: true }]),
    prompt: 'hi',
    abortSignal: abort.signal,
  })
  const reasons: unknown[] = []
  for await (const part of result.stream) {
    if (part.type === 'text-delta') abort.abort(new Error('left'))
    if (part.type === 'abort') reasons.push(part.reason)
  }
  expect(reasons).toEqual([expect.any(String)])
})

test('AI-79 AIT-88 without onError the SDK prints, and onEnd needs a consumer', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {})
  try {
    const onEnd = vi.fn<() => void>()
    const result = streamText({
      model: scriptedModel([{ error: new Error('broken') }]),
      prompt: 'hi',
      maxRetries: 0,
    })
    for await (const _part of result.stream);
    expect(printed).toHaveBeenCalled()

    streamText({ model: scriptedModel(['hi']), prompt: 'hi', onEnd })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(onEnd).not.toHaveBeenCalled()
  } finally {
    printed.mockRestore()
  }
})

test.each(['a model', 'a tool'])(
  'AI-80 AIT-88 timeout only aborts: %s that ignores the signal keeps generateText waiting',
  async (what) => {
    const signals: (AbortSignal | undefined)[] = []
    const hangs = tool({
      inputSchema: z.object({}),
      execute: (_input, { abortSignal }) => {
        signals.push(abortSignal)
        return new Promise<string>(() => {})
      },
    })
    const model = scriptedModel([what === 'a tool' ? calls : { hang: true }])
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    void generateText({ model, tools: { echo: hangs }, prompt: 'hi', timeout: 10 }).then(settled, settled)
    const isAborted = () => {
      const [signal] = what === 'a tool' ? signals : model.calls.map(({ abortSignal }) => abortSignal)
      expect(signal?.aborted).toBe(true)
    }
    await vi.waitFor(isAborted, { timeout: 10_000 })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isSettled).toBe(false)
  },
)

test('AI-81 AIT-88 output that fails to parse rejects the call; output is absent after tool calls', async () => {
  const output = Output.object({ schema: z.object({ n: z.number() }) })
  await expect(generateText({ model: scriptedModel(['no json']), prompt: 'hi', output })).rejects.toThrow(
    'No object generated',
  )
  const result = await generateText({ model: scriptedModel([calls]), tools: { echo }, prompt: 'hi', output })
  expect(() => result.output).toThrow('No output generated')
})

test('AI-81 AIT-88 output throws for a valid null', async () => {
  const output = Output.object({ schema: z.null() as never })
  const result = await generateText({ model: scriptedModel(['null']), prompt: 'hi', output })
  expect(() => result.output).toThrow('No output generated')
})

test('AI-82 AIT-88 partialOutputStream ends silently when the schema fails', async () => {
  const output = Output.object({ schema: z.object({ n: z.number() }) })
  const result = streamText({
    model: scriptedModel(['{"n":"text"}']),
    prompt: 'hi',
    output,
    onError: () => {},
  })
  const partials: unknown[] = []
  for await (const partial of result.partialOutputStream) partials.push(partial)
  expect(partials).toEqual([{ n: 'text' }])
})

test('AI-90 AIT-88 generateText takes no experimental_transform', async () => {
  const transform = vi.fn<() => void>()
  const options = { model: scriptedModel(['hi']), prompt: 'hi', experimental_transform: transform }
  await generateText(options)
  expect(transform).not.toHaveBeenCalled()
})

test('AI-91 AIT-88 an async function that returns an async iterable gives the model {}', async () => {
  async function* pieces() {
    yield 'first'
    yield 'last'
  }
  const model = scriptedModel([calls, 'done'])
  const wrong = tool({ inputSchema: z.object({}), execute: async () => pieces() })
  await generateText({ model, tools: { echo: wrong }, prompt: 'hi', stopWhen: isStepCount(2) })
  expect(model.calls[1]?.prompt.at(-1)).toMatchObject({ content: [{ output: { type: 'json', value: {} } }] })
})

test('AI-92 AIT-88 what onToolExecutionStart throws is swallowed', async () => {
  const model = scriptedModel([calls, 'done'])
  const onToolExecutionStart = vi.fn<() => void>(() => {
    throw new Error('blocked')
  })
  const { text: said, steps } = await generateText({
    model,
    tools: { echo },
    prompt: 'hi',
    stopWhen: isStepCount(2),
    onToolExecutionStart,
  })
  expect(onToolExecutionStart).toHaveBeenCalledOnce()
  expect([said, steps[0]?.toolResults[0]?.output]).toEqual(['done', 'echo'])
})

test('AI-93 AIT-88 system turns and an empty list are refused, neither prompt nor messages is a bare TypeError', async () => {
  const model = scriptedModel([])
  await expect(generateText({ model, messages: [{ role: 'system', content: 'x' }, text] })).rejects.toThrow(
    /system/i,
  )
  await expect(generateText({ model, messages: [] })).rejects.toThrow(/empty/i)
  await expect(generateText({ model } as never)).rejects.toThrow(TypeError)
  expect(model.calls).toEqual([])
})

test('AI-94 AIT-88 wrapLanguageModel fails on a string id and lifts older specifications', () => {
  const middleware = {}
  expect(() => wrapLanguageModel({ model: 'provider/model' as never, middleware })).toThrow(TypeError)
  for (const specificationVersion of ['v2', 'v3']) {
    const older = { ...scriptedModel([]), specificationVersion }
    expect(wrapLanguageModel({ model: older as never, middleware }).specificationVersion).toBe('v4')
  }
})

test('AI-95 AIT-88 only errors that the provider marks are retried, and end as a RetryError', async () => {
  const busy = () =>
    new APICallError({
      message: 'busy',
      url: 'https://x.test',
      requestBodyValues: {},
      statusCode: 429,
      responseHeaders: { 'retry-after-ms': '1' },
    })
  const retried = scriptedModel([{ error: busy() }, { error: busy() }])
  const failed = await generateText({ model: retried, prompt: 'hi', maxRetries: 1 }).catch(
    (error: unknown) => error,
  )
  expect(failed).toBeInstanceOf(RetryError)
  expect(failed).toMatchObject({ lastError: { statusCode: 429 } })

  for (const error of [Object.assign(new Error('busy'), { status: 429 }), new AggregateError([busy()])]) {
    const model = scriptedModel([{ error }])
    await expect(generateText({ model, prompt: 'hi', maxRetries: 1 })).rejects.toBe(error)
  }
})

test('AI-96 AIT-88 prepareStep may return another model', async () => {
  const other = scriptedModel(['from the other'])
  const { text: said } = await generateText({
    model: scriptedModel([]),
    prompt: 'hi',
    prepareStep: () => ({ model: other }),
  })
  expect(said).toBe('from the other')
})

test('AI-97 AIT-88 an unknown name in activeTools is dropped without a word', async () => {
  const model = scriptedModel(['hi'])
  await generateText({ model, tools: { echo }, activeTools: ['nobody' as 'echo'], prompt: 'hi' })
  expect(model.calls[0]?.tools ?? []).toEqual([])
})

test.each(['length', 'content-filter', 'error', 'other'] as const)(
  'AI-98 AIT-88 the finish reason %s leaves calls unexecuted, and sending them back fails',
  async (finishReason) => {
    const { responseMessages } = await generateText({
      model: scriptedModel([{ ...calls, finishReason }]),
      tools: { echo },
      prompt: 'hi',
      stopWhen: isStepCount(5),
    })
    expect(responseMessages.map(({ role }) => role)).toEqual(['assistant'])
    const again = generateText({
      model: scriptedModel(['hi']),
      tools: { echo },
      messages: [text, ...responseMessages, text],
    })
    await expect(again).rejects.toMatchObject({ name: 'AI_MissingToolResultsError' })
  },
)

test('AI-99 AIT-88 embedMany sends all its requests at once', async () => {
  let sent = 0
  let goOn = () => {}
  const allSent = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const model = scriptedEmbeddingModel((value) => [value.length])
  const { embeddings } = await embedMany({
    values: ['a', 'b', 'c', 'd'],
    model: {
      ...model,
      maxEmbeddingsPerCall: 1,
      doEmbed: async (options: Parameters<typeof model.doEmbed>[0]) => {
        if (++sent === 4) goOn()
        await allSent
        return model.doEmbed(options)
      },
    },
  })
  expect(embeddings).toHaveLength(4)
})

test.each([
  ['dates', z.date(), new Date(0)],
  ['custom types', z.instanceof(Uint8Array), new Uint8Array(1)],
])(
  'AI-100 AIT-88 JSON Schema conversion throws for %s, validating through asSchema does not',
  async (_name, type, value) => {
    const schema = asSchema(z.object({ value: type }))
    expect(() => schema.jsonSchema).toThrow('cannot be represented')
    expect(await schema.validate?.({ value })).toMatchObject({ success: true })
  },
)
