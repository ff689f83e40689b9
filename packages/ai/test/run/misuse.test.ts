import { cascade, createCruxAi, CruxAIError, generate, prompt, router, stream } from '@crux/ai'
import { scriptedGateway, scriptedModel } from '@crux/ai/testing'
import { tool } from 'ai'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'

const model = scriptedModel([])
const ask = prompt({ id: 'x', prompt: 'Hello.' })
const tools = { a: tool({ inputSchema: z.object({}) }), b: tool({ inputSchema: z.object({}) }) }

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

describe.each(['generate', 'stream'] as const)(
  'AI-101 AIT-13 %s() refuses, and calls no provider',
  (name) => {
    const cases: [what: string, prompt: unknown, options: object | undefined, message: string][] = [
      ['no model', ask, {}, 'model must be a LanguageModel, got undefined'],
      ['no options', ask, undefined, 'model must be a LanguageModel, got undefined'],
      ['a wrong model', ask, { model: { id: 'gpt' } }, 'model must be a LanguageModel, got object'],
      ['no prompt', 'Hello.', { model }, 'first argument must be a prompt() or its definition, got string'],
      [
        'nothing at all',
        undefined,
        { model },
        'first argument must be a prompt() or its definition, got undefined',
      ],
      ['maxSteps 0', ask, { model, maxSteps: 0 }, 'maxSteps must be an integer >= 1, got 0'],
      ['maxSteps 2.5', ask, { model, maxSteps: 2.5 }, 'maxSteps must be an integer >= 1, got 2.5'],
      [
        'timeoutMs 0',
        ask,
        { model, timeoutMs: 0 },
        'timeoutMs must be an integer from 1 to 2147483647, got 0',
      ],
      [
        'timeoutMs beyond timers',
        ask,
        { model, timeoutMs: 2 ** 31 },
        'timeoutMs must be an integer from 1 to 2147483647, got 2147483648',
      ],
      ['tokenBudget 0', ask, { model, tokenBudget: 0 }, 'tokenBudget must be an integer >= 1, got 0'],
      ['maxRetries -1', ask, { model, maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
      [
        'constraintMaxRetries',
        ask,
        { model, constraintMaxRetries: Number.NaN },
        'constraintMaxRetries must be an integer >= 0, got NaN',
      ],
      [
        'validationRetry',
        ask,
        { model, validationRetry: { maxRetries: '3' } },
        'validationRetry.maxRetries must be an integer >= 0, got string',
      ],
      ['validationRetry 3', ask, { model, validationRetry: 3 }, 'validationRetry must be an object, got 3'],
      [
        'AI-97 an unknown active tool',
        ask,
        { model, tools, activeTools: ['a', 'x'] },
        'activeTools names unknown tool "x"; known: a, b',
      ],
      [
        'an active tool without tools',
        ask,
        { model, activeTools: ['x'] },
        'activeTools names unknown tool "x"; known: none',
      ],
      [
        'messages that are no list',
        ask,
        { model, messages: 'Hello.' },
        'messages must be a list of messages, got string',
      ],
      [
        'messages with none',
        ask,
        { model, messages: [null] },
        'messages must be a list of messages, got array',
      ],
      [
        'AI-93 a system turn',
        ask,
        { model, messages: [{ role: 'system', content: 'Be nice.' }] },
        "messages[0] has role system; put it into the prompt's system",
      ],
      [
        'AI-93 no turn',
        ask,
        { model, messages: [] },
        'prompt "x" has no user turn; add prompt, messages, or pass messages',
      ],
      [
        'blank text',
        { id: 'x', prompt: '  ' },
        { model },
        'prompt "x" has no user turn; add prompt, messages, or pass messages',
      ],
      [
        'bad input',
        { input: z.object({ orgId: z.string(), topic: z.string() }) },
        { model, input: { orgId: 1 } },
        'input is invalid: orgId: expected string; topic: required',
      ],
      [
        'a short secret',
        ask,
        { model, approval: { secret: 'twelve bytes' } },
        'approval.secret must have at least 32 bytes, got 12',
      ],
      [
        'a secret alone',
        ask,
        { model, approval: { secret: 'x'.repeat(32) } },
        'approval.secret needs approval.store; use memoryApprovalStore() for a single process',
      ],
    ]

    test.each(cases)('%s', async (_what, given, options, text) => {
      const gateway = scriptedGateway({})
      const call: (prompt: never, options: never) => Promise<unknown> = createCruxAi({ gateway })[name]
      const error = await rejection(call(given as never, options as never))
      const kinds = name === 'stream' ? ', fallback() or router()' : ', fallback(), router() or cascade()'
      const message = `${name}(): ${text.replace(/(?<=LanguageModel)(?=, got)/, kinds)}`
      expect(error).toBeInstanceOf(CruxAIError)
      expect(error).toMatchObject({ code: 'usage', message })
      expect([gateway.calls.generateText, gateway.calls.streamText]).toEqual([[], []])
      expect(model.calls).toEqual([])
    })
  },
)

describe('AI-29 AIT-35 AIT-13 stream() refuses a cascade before any model call', () => {
  const chosen = cascade({ tiers: [{ model }] })

  test.each([
    ['itself', chosen],
    ['below a router', router({ classify: () => 'default', routes: { default: chosen } })],
  ])('%s', async (_name, source) => {
    const error = await rejection(stream(ask, { model: source as never, timeoutMs: 60_000 }))
    expect(error).toMatchObject({
      code: 'usage',
      message: 'stream(): cascade() needs full results; use generate()',
    })
    expect(model.calls).toEqual([])
  })
})

test('AI-10 AI-21 a definition is as good as its prompt', async () => {
  const { text } = await generate({ prompt: 'Hello.' }, { model: scriptedModel(['Hi.']) })
  expect(text).toBe('Hi.')
})
