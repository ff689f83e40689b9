import { context, generate, match, prompt, when } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'

const misuse = (message: string) => expect.objectContaining({ code: 'usage', message })

/** What JavaScript may hand over, whatever the types say. */
const wrong = (value: unknown) => value as never

test.each<[what: string, define: () => unknown, message: string]>([
  [
    'both prompt and messages',
    () => prompt({ id: 'x', prompt: 'hi', messages: () => [] }),
    'prompt(): "x" has both prompt and messages; keep one',
  ],
  [
    'both, without an id',
    () => prompt({ prompt: 'hi', messages: () => [] }),
    'prompt(): it has both prompt and messages; keep one',
  ],
  ['no definition', () => prompt(wrong(null)), 'prompt(): first argument must be a definition, got null'],
  [
    'no definition of a context',
    () => context(wrong('text')),
    'context(): first argument must be a definition, got string',
  ],
  [
    'a priority above 100',
    () => context({ priority: 101 }),
    'context(): priority must be an integer from 0 to 100, got 101',
  ],
  [
    'a priority below 0',
    () => context({ priority: -1 }),
    'context(): priority must be an integer from 0 to 100, got -1',
  ],
  [
    'a priority between two',
    () => context({ priority: 1.5 }),
    'context(): priority must be an integer from 0 to 100, got 1.5',
  ],
  [
    'a condition that is no function',
    () => context({ when: wrong(true) }),
    'context(): when must be a function, got true',
  ],
  [
    'when() without a predicate',
    () => when(wrong('yes'), context({})),
    'when(): first argument must be a function, got string',
  ],
  [
    'match() without a question',
    () => match({ on: wrong('tier'), cases: {} }),
    'match(): on must be a function, got string',
  ],
  [
    'match() without cases',
    () => match(wrong({ on: () => 'a' })),
    'match(): cases must be an object, got undefined',
  ],
  [
    'use of something else',
    () => prompt({ use: [wrong({ id: 'x' })] }),
    'prompt(): use takes contexts, when() and match(), got object',
  ],
  [
    'use of a text',
    () => context({ use: [wrong('a')] }),
    'context(): use takes contexts, when() and match(), got string',
  ],
])('AI-101 AIT-13 a definition with %s is refused', (_what, define, message) => {
  expect(define).toThrow(misuse(message))
})

test.each([0, 100])('AI-11 a priority of %i is one', (priority) => {
  expect(context({ priority }).priority).toBe(priority)
})

test.each(['resolve', 'inspect'] as const)(
  'AI-17 AI-101 AIT-13 a bad tokenBudget of %s() is refused',
  async (name) => {
    await expect(prompt({ prompt: 'hi' })[name]({ tokenBudget: 0 })).rejects.toThrow(
      misuse(`${name}(): tokenBudget must be an integer >= 1, got 0`),
    )
  },
)

const withText = (text: unknown) => wrong(() => text)

test.each<[what: string, definition: Parameters<typeof prompt>[0], message: string]>([
  ['the prompt', { id: 'x', system: withText(7) }, 'text of prompt "x" must be a string, got number'],
  [
    'a context',
    { use: [context({ id: 'a', system: withText({}) })] },
    'text of context "a" must be a string, got object',
  ],
  ['the turn', { id: 'x', prompt: withText(true) }, 'text of prompt "x" must be a string, got boolean'],
])(
  'AI-101 AIT-13 a text of %s that is none is refused, and no model is called',
  async (_what, definition, message) => {
    const model = scriptedModel([])
    await expect(generate(definition, { model })).rejects.toThrow(misuse(`generate(): ${message}`))
    expect(model.calls).toEqual([])
  },
)

test('AI-14 what a person says may hold [object Object]: only the system text is looked at', async () => {
  const made = prompt({ input: z.object({ text: z.string() }), prompt: ({ input }) => input.text })
  const text = 'Why does my page say [object Object]?'
  expect((await made.resolve({ input: { text } })).call.messages).toEqual([{ role: 'user', content: text }])
})
