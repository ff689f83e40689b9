import {
  createCruxAi,
  CruxAIError,
  generate,
  prompt,
  ValidationExhaustedError,
  type Constraint,
} from '@crux/ai'
import { scriptedGateway, scriptedModel } from '@crux/ai/testing'
import { APICallError, generateText, tool } from 'ai'
import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const person = z.object({ name: z.string(), age: z.number() })
const ask = prompt({ id: 'person', prompt: 'Who is it?', output: person })
const ada = { name: 'Ada', age: 36 }

function lastTurn(model: { calls: readonly { prompt: readonly { content: unknown }[] }[] }, call: number) {
  return JSON.stringify(model.calls[call]?.prompt.at(-1)?.content)
}

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

describe('AI-31 an answer and its schema', () => {
  test('AI-22 AIT-19 a valid first answer gives a typed object with one call', async () => {
    const model = scriptedModel([{ object: ada }])
    const { object } = await generate(ask, { model })
    const name: string = object.name
    expect([name, object]).toEqual(['Ada', ada])
    expect(model.calls[0]?.responseFormat).toMatchObject({ type: 'json' })
  })

  test('AI-81 AIT-19 a valid null is an object too', async () => {
    const { object } = await generate(prompt({ prompt: 'Who?', output: z.null() }), {
      model: scriptedModel(['null']),
    })
    expect(object).toBeNull()
  })

  test('AI-31 the text that the provider names is the answer, and what another gateway makes of it is not', async () => {
    const naming = (structuredOutputText: string) => {
      const script = scriptedModel(['Here it is.'])
      return {
        ...script,
        doGenerate: async (options: Parameters<typeof script.doGenerate>[0]) => ({
          ...(await script.doGenerate(options)),
          structuredOutputText,
        }),
      }
    }
    expect((await generate(ask, { model: naming(JSON.stringify(ada)) })).object).toEqual(ada)
    const error = await rejection(generate(ask, { model: naming('{}') }))
    expect(error).toMatchObject({ lastRawOutput: '{}', issues: [{ path: 'name' }, { path: 'age' }] })

    const gateway = scriptedGateway({
      generateText: async (options) => {
        const { response, usage, steps, responseMessages } = await generateText({
          ...options,
          output: undefined,
        })
        const text = JSON.stringify(ada)
        const output = { ok: true, value: 'made up' }
        return { text, output, response, usage, steps, responseMessages, finishReason: 'stop' } as never
      },
    })
    const { object } = await createCruxAi({ gateway }).generate(ask, { model: scriptedModel(['no']) })
    expect(object).toEqual(ada)
  })

  test('AI-81 an answer is validated once, and each answer anew', async () => {
    const seen = vi.fn<(value: { n: number }) => boolean>(({ n }) => n > 1)
    const output = z.object({ n: z.number() }).refine(seen)
    const model = scriptedModel([{ object: { n: 1 } }, { object: { n: 2 } }])
    await generate(prompt({ prompt: 'A number.', output }), { model, validationRetry: {} })
    expect(seen.mock.calls).toEqual([[{ n: 1 }], [{ n: 2 }]])
  })

  test.each([
    ['a fence', '```json\n{"name":"Ada","age":36}\n```'],
    ['trailing commas', 'It is {"name":"Ada","age":36,}'],
  ])('AI-33 AIT-20 %s is mended without a call or a retry', async (_name, text) => {
    const onRetry = vi.fn<(attempt: number, error: Error) => void>()
    const model = scriptedModel([text])
    expect((await generate(ask, { model, validationRetry: { onRetry } })).object).toEqual(ada)
    expect(model.calls).toHaveLength(1)
    expect(onRetry).not.toHaveBeenCalled()
  })

  test('AI-33 AIT-20 a truncated answer is not mended', async () => {
    const error = await rejection(generate(ask, { model: scriptedModel(['{"name":"Ada","age":3']) }))
    expect(error).toBeInstanceOf(ValidationExhaustedError)
    expect(error).toMatchObject({
      attempts: 1,
      maxAttempts: 1,
      issues: [{ path: '', message: 'Invalid JSON' }],
    })
  })

  test('AI-34 AIT-21 an invalid answer causes one turn that names the path', async () => {
    const onRetry = vi.fn<(attempt: number, error: Error) => void>()
    const model = scriptedModel([{ object: { name: 'Ada', age: 'old' } }, { object: ada }])
    const result = await generate(ask, { model, validationRetry: { onRetry } })
    expect(result.object).toEqual(ada)
    expect(result._meta.attempts).toBe(2)
    expect(lastTurn(model, 1)).toContain('age: ')
    expect(onRetry.mock.calls).toEqual([[1, expect.any(Error)]])
    expect(onRetry.mock.calls[0]?.[1]).toMatchObject({ issues: [{ path: 'age' }] })
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
  })

  test('AI-34 AIT-22 out of retries the error tells attempts and prompt, and does not print the answer', async () => {
    const onRetry = vi.fn<(attempt: number, error: Error) => void>()
    const onExhausted = vi.fn<(attempts: number, error: Error) => void>()
    const model = scriptedModel([{ object: { name: 'pin 4711', age: 'old 4711' } }, 'The pin is 4711.'])
    const error = await rejection(
      generate(ask, { model, validationRetry: { maxRetries: 1, onRetry, onExhausted } }),
    )
    if (!(error instanceof ValidationExhaustedError)) throw error
    expect(error).toMatchObject({ attempts: 2, maxAttempts: 2, promptId: 'person' })
    expect(error.message).toBe(
      'generate(): no valid answer for prompt "person" after 2 answers: 1 issue at (root)',
    )
    expect(error.lastRawOutput).toBe('The pin is 4711.')
    expect(error.cause).toBeUndefined()
    expect(inspect(error) + JSON.stringify(error) + error.stack).not.toContain('4711')
    expect(onExhausted.mock.calls).toEqual([[2, expect.any(Error)]])
    const told: unknown = onRetry.mock.calls[0]?.[1]
    expect(inspect(told)).not.toContain('4711')
    expect(model.calls).toHaveLength(2)
  })

  test('AI-34 keys of the answer are not printed, keys of the schema are', async () => {
    const book = prompt({
      prompt: 'Phones?',
      output: z.object({ phones: z.record(z.string(), z.object({ tel: z.number() })) }),
    })
    const model = scriptedModel([{ object: { phones: { 'Ada Lovelace': { tel: 'none' } } } }])
    const error = await rejection(generate(book, { model }))
    expect(error).toMatchObject({
      message: 'generate(): no valid answer after 1 answer: 1 issue at phones.*.tel',
      issues: [{ path: 'phones.Ada Lovelace.tel' }],
    })
    expect(inspect(error)).not.toContain('Lovelace')
  })

  test.each(['', ' \n'])('AI-34 an answer without text says why there is none: %j', async (text) => {
    const model = scriptedModel([{ text, finishReason: 'content-filter' }, { object: ada }])
    await generate(ask, { model, validationRetry: {} })
    expect(lastTurn(model, 1)).toContain('no answer, finish reason content-filter')
  })

  test('AI-34 the error names at most 20 places, each once', async () => {
    const keys = Array.from({ length: 21 }, (_, index) => `k${index}`)
    const shape = Object.fromEntries(keys.map((key) => [key, z.string().min(5).regex(/x/)]))
    const answer = Object.fromEntries(keys.map((key) => [key, 'a']))
    const many = prompt({ prompt: 'Much.', output: z.object(shape) })
    const error = await rejection(generate(many, { model: scriptedModel([{ object: answer }]) }))
    const named = keys.slice(0, 10).join(', ')
    expect(error).toMatchObject({
      message: `generate(): no valid answer after 1 answer: 42 issues at ${named}`,
    })
  })

  test('AI-34 the default of validationRetry is 3 retries, without it none', async () => {
    const bad = () => scriptedModel(Array.from({ length: 9 }, () => 'no'))
    const models = [bad(), bad()] as const
    await rejection(generate(ask, { model: models[0], validationRetry: {} }))
    await rejection(generate(ask, { model: models[1] }))
    expect(models.map(({ calls }) => calls.length)).toEqual([4, 1])
  })

  test('AI-34 what a callback throws ends the call', async () => {
    const error = new Error('enough')
    const onRetry = () => Promise.reject(error)
    const model = scriptedModel(['no', 'no'])
    expect(await rejection(generate(ask, { model, validationRetry: { onRetry } }))).toBe(error)
    expect(model.calls).toHaveLength(1)
  })

  test('AI-32 AI-67 an abort while onRetry runs sends no correction', async () => {
    const controller = new AbortController()
    const reason = new Error('left')
    const onRetry = async () => controller.abort(reason)
    const model = scriptedModel(['no', { object: ada }])
    const options = { model, abortSignal: controller.signal, validationRetry: { onRetry } }
    expect(await rejection(generate(ask, options))).toBe(reason)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(model.calls).toHaveLength(1)
  })

  test('AI-34 AI-69 AIT-23 an error of the provider comes as it is, with no corrective turn', async () => {
    const busy = new APICallError({
      message: 'busy',
      url: 'https://x.test',
      requestBodyValues: {},
      statusCode: 503,
    })
    const model = scriptedModel([{ error: busy }])
    const error = await rejection(generate(ask, { model, maxRetries: 0, validationRetry: {} }))
    expect(error).toBe(busy)
    expect(model.calls).toHaveLength(1)
  })
})

describe('AI-32 corrections and tools', () => {
  const look = () => {
    const execute = vi.fn<() => Promise<string>>(async () => 'Ada is 36.')
    return { execute, tools: { look: tool({ inputSchema: z.object({}), execute }) } }
  }
  const lookCall = { tools: [{ name: 'look', input: {} }] }

  test('AIT-24 the tool runs once, even if the answer needs two corrections', async () => {
    const { execute, tools } = look()
    const model = scriptedModel([lookCall, 'no', 'no', { object: ada }])
    const result = await generate(ask, { model, tools, validationRetry: {} })
    expect(result.object).toEqual(ada)
    expect(execute).toHaveBeenCalledOnce()
    expect(JSON.stringify(model.calls[3]?.prompt)).toContain('Ada is 36.')
    expect(result.steps).toHaveLength(4)
    expect(result._meta.attempts).toBe(3)
  })

  test('AIT-24 corrections share maxSteps; with none left the error comes, and onExhausted has run', async () => {
    const { tools } = look()
    const onExhausted = vi.fn<(attempts: number, error: Error) => void>()
    const model = scriptedModel([lookCall, 'no', 'no', 'never'])
    const error = await rejection(
      generate(ask, { model, tools, maxSteps: 3, validationRetry: { maxRetries: 5, onExhausted } }),
    )
    expect(error).toMatchObject({ name: 'ValidationExhaustedError', attempts: 2, maxAttempts: 6 })
    expect(onExhausted).toHaveBeenCalledOnce()
    expect(model.calls).toHaveLength(3)
  })

  test('AI-32 the last steps are a loop of their own, not an endless one', async () => {
    const { tools } = look()
    const model = scriptedModel(['no', ...Array.from({ length: 9 }, () => lookCall)])
    const result = await generate(ask, { model, tools, maxSteps: 4, validationRetry: {} })
    expect(model.calls).toHaveLength(4)
    expect(result._meta.finishReason).toBe('tool-calls')
  })

  test('AI-32 with stopWhen there is no shared budget', async () => {
    const model = scriptedModel(['no', 'no', { object: ada }])
    const stopWhen = ({ steps }: { steps: unknown[] }) => steps.length === 1
    const { object } = await generate(ask, { model, maxSteps: 1, stopWhen, validationRetry: {} })
    expect(object).toEqual(ada)
  })

  test('AI-36 AIT-26 a run that ends in tool calls comes back unjudged, and reading the object throws', async () => {
    const check = vi.fn<Constraint['check']>(() => ({ pass: true }))
    const model = scriptedModel([{ text: 'not json', tools: [{ name: 'confirm', input: {} }] }])
    const tools = { confirm: tool({ inputSchema: z.object({}) }) }
    const constraints = [{ name: 'c', severity: 'assert' as const, maxRetries: 2, check }]
    const result = await generate(ask, { model, tools, constraints, validationRetry: {} })
    expect(() => result.object).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: 'generate(): no object, the run ended with tool calls',
      }),
    )
    expect(() => CruxAIError.classify({ ...result })).not.toThrow()
    expect(inspect(result)).toContain('tool-calls')
    expect(check).not.toHaveBeenCalled()
    expect(model.calls).toHaveLength(1)
  })

  test('AI-36 calls that the provider has executed leave the answer to be judged, open ones do not', async () => {
    const call = { type: 'tool-call', toolCallId: 'p', toolName: 'web', input: '{}', providerExecuted: true }
    const result = { type: 'tool-result', toolCallId: 'p', toolName: 'web', result: {} }
    const text = { type: 'text', text: JSON.stringify(ada) }
    const answering = (content: readonly object[], unified: string) => {
      const script = scriptedModel([''])
      return {
        ...script,
        doGenerate: async (options: Parameters<typeof script.doGenerate>[0]) => ({
          ...(await script.doGenerate(options)),
          content: content as never,
          finishReason: { unified: unified as never, raw: unified },
        }),
      }
    }
    const judged = await generate(ask, { model: answering([call, result, text], 'stop') })
    expect(judged.object).toEqual(ada)
    const open = await generate(ask, { model: answering([call, text], 'tool-calls'), maxSteps: 1 })
    expect(() => open.object).toThrow('the run ended with tool calls')
  })

  test('AI-36 the same with maxSteps used up', async () => {
    const { tools } = look()
    const result = await generate(ask, { model: scriptedModel([lookCall]), tools, maxSteps: 1 })
    expect(() => result.object).toThrow('the run ended with tool calls')
  })
})
