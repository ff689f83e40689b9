import { context, match, prompt, type PromptInspection, when } from '@crux/ai'
import { expect, test } from 'vitest'
import { z } from 'zod'

const a = context({ id: 'a', priority: 10, system: 'From a.' })
const b = context({ id: 'b', priority: 90, system: 'From b.' })

interface Inspectable {
  readonly inspect: (options: never) => Promise<PromptInspection>
}

/** The input is of any type here: what is tried is what happens at run time. */
async function systemOf(made: Inspectable, input?: unknown): Promise<string> {
  return (await made.inspect({ input } as never)).system.total
}

test('AI-14 AIT-3 the system text is the own one, then that of contexts in the order of use, whatever their priority', async () => {
  const made = prompt({ system: 'Own.', use: [b, a], prompt: 'hi' })
  expect(await systemOf(made)).toBe('Own.\n\nFrom b.\n\nFrom a.')
})

test('AI-14 a text with [object Object] in it is refused, and its source is named', async () => {
  // As a value without a type would be: the linter knows the others.
  const input = z.object({ topic: z.any() })
  const own = prompt({ id: 'x', input, system: ({ input: { topic } }) => `About ${topic}`, prompt: 'hi' })
  const shared = context({ id: 'topic', input, system: ({ input: { topic } }) => `About ${topic}` })
  const given = { input: { topic: { name: 'tides' } } }

  await expect(own.resolve(given)).rejects.toThrow('text of prompt "x" contains [object Object]')
  await expect(prompt({ use: [shared], prompt: 'hi' }).resolve(given)).rejects.toThrow(
    'text of context "topic" contains [object Object]',
  )
})

test('AI-12 AIT-4 conditions leave out text, tools and tokens, and inspect says why', async () => {
  const tools = { search: { description: 'x', inputSchema: z.object({}) } }
  const withTools = context({ id: 'tools', system: 'Search first.', tools })
  const own = context({
    id: 'own',
    when: ({ input }) => input.own,
    input: z.object({ own: z.boolean() }),
    system: 'Own.',
  })
  const made = prompt({
    prompt: 'hi',
    use: [
      when(({ input }: { input: { search?: boolean } }) => input.search === true, withTools),
      match({ on: ({ input }) => String(input['tier']), cases: { pro: a, free: [b] } }),
      own,
    ],
  })
  const nothing = await made.inspect({ input: {} })
  expect(nothing.system).toEqual({ total: '', parts: [], totalTokens: 0 })
  expect(nothing.tools).toEqual([])
  expect(nothing.excludedContexts).toEqual([
    { source: 'context "tools"', reason: 'when' },
    { source: 'context "a"', reason: 'match' },
    { source: 'context "b"', reason: 'match' },
    { source: 'context "own"', reason: 'when' },
  ])
  const sees = prompt({
    prompt: 'hi',
    input: z.object({ search: z.boolean(), tier: z.string() }),
    use: [
      when(({ input }: { input: { search: boolean } }) => input.search, withTools),
      match({ on: async ({ input }) => String(input['tier']), cases: { pro: a, free: [b] }, default: own }),
    ],
  })
  const all = await sees.inspect({ input: { search: true, tier: 'free' } })
  expect(all.system.total).toBe('Search first.\n\nFrom b.')
  expect(all.tools).toEqual(['search'])
})

test.each(['constructor', 'toString', '__proto__'])(
  'AI-12 match knows own keys only: %s takes the default',
  async (tier) => {
    const made = prompt({
      prompt: 'hi',
      input: z.object({ tier: z.string() }),
      use: [match({ on: ({ input }) => String(input['tier']), cases: { pro: a }, default: b })],
    })
    expect(await systemOf(made, { tier })).toBe('From b.')
  },
)

test('AI-12 AIT-4 what a predicate throws fails the resolution, as the same object', async () => {
  const broken = new Error('no flags')
  const fails = () => {
    throw broken
  }
  for (const use of [[when(fails, a)], [match({ on: fails, cases: { a } })], [context({ when: fails })]]) {
    await expect(prompt({ use, prompt: 'hi' }).resolve({})).rejects.toBe(broken)
  }
})

test('AI-12 a condition inside one that fails is not asked', async () => {
  let asked = 0
  const inner = when(() => ++asked > 0, a)
  const made = prompt({ prompt: 'hi', use: [when(() => false, context({ use: [inner], system: 'Outer.' }))] })
  expect(await systemOf(made)).toBe('')
  expect(asked).toBe(0)
})

test('AI-12 a condition is asked once, however many contexts and ways it decides about', async () => {
  let asked = 0
  const once = () => ++asked > 0
  const shared = when(once, context({ id: 'c', use: [a, b], system: 'C.' }))
  const own = context({ id: 'own', when: once, use: [context({ system: 'D.' })], system: 'E.' })
  const either = match({ on: () => String(++asked), cases: {}, default: [context({ system: 'F.' }), a] })
  const made = prompt({ use: [shared, own, either, shared, own, either], prompt: 'hi' })
  expect(await systemOf(made)).toBe('From a.\n\nFrom b.\n\nC.\n\nD.\n\nE.\n\nF.')
  expect(asked).toBe(3)
})

test('AI-13 AIT-5 falsy entries are skipped, nested contexts come before their owner', async () => {
  const outer = context({ id: 'outer', use: [a, b], system: 'Outer.' })
  const made = prompt({ use: [false, null, undefined, 0, '', outer], prompt: 'hi' })
  expect(await systemOf(made)).toBe('From a.\n\nFrom b.\n\nOuter.')
})

test('AI-13 AIT-5 a context that two ways lead to counts once, and is there if one of them is open', async () => {
  const made = prompt({
    use: [when(() => false, a), context({ id: 'c', use: [a], system: 'C.' }), a],
    prompt: 'hi',
  })
  expect(await systemOf(made)).toBe('From a.\n\nC.')
  expect(made.contexts.map(({ id }) => id)).toEqual(['a', 'c'])
})

test('AI-13 AIT-5 readers of one thing count once; any other id that is used twice is refused', async () => {
  const reader = (text: string) => ({ id: 'plan:1', system: () => text })
  expect(await systemOf(prompt({ use: [reader('first'), reader('second')], prompt: 'hi' }))).toBe('first')

  const twice = () => prompt({ use: [a, context({ id: 'a' })] })
  expect(twice).toThrow('prompt(): context id "a" is used twice')
  expect(() => prompt({ use: [reader('x'), context({ id: 'plan:1' })] })).toThrow(
    'prompt(): context id "plan:1" is used twice',
  )
})

test('AI-13 a context keeps the list it was made with', async () => {
  const use = [a]
  const outer = context({ id: 'outer', use, system: 'Outer.' })
  use.push(b)
  expect(await systemOf(prompt({ use: [outer], prompt: 'hi' }))).toBe('From a.\n\nOuter.')
})

test('AI-17 AIT-9 a budget drops what has least priority, later ones first, and keeps the own text and the tools', async () => {
  const tools = { search: { inputSchema: z.object({}) } }
  const low = context({ id: 'low', priority: 10, system: 'l'.repeat(40), tools })
  const low2 = context({ id: 'low2', priority: 10, system: 'm'.repeat(40) })
  const high = context({ id: 'high', system: 'h'.repeat(40) })
  const made = prompt({ system: 'o'.repeat(40), use: [low, low2, high], prompt: 'hi' })

  const seen = await made.inspect({ tokenBudget: 32 })
  expect(seen.droppedContexts.map(({ source }) => source)).toEqual(['context "low2"'])
  expect(seen.system.totalTokens).toBeLessThanOrEqual(32)

  const tight = await made.inspect({ tokenBudget: 21 })
  expect(tight.droppedContexts.map(({ source }) => source)).toEqual(['context "low2"', 'context "low"'])
  expect(tight.tools).toEqual(['search'])
  expect(tight.overBudget).toBe(false)

  const tooTight = await made.inspect({ tokenBudget: 5 })
  expect(tooTight.system.total).toBe('o'.repeat(40))
  expect(tooTight.overBudget).toBe(true)
})

test('AI-17 AI-20 a reader has priority 50 unless it says so, and only readers are left out as empty', async () => {
  const reader = { id: 'plan:1', system: () => 'r'.repeat(40) }
  const low = context({ id: 'low', priority: 49, system: 'l'.repeat(40) })
  const high = context({ id: 'high', priority: 51, system: 'h'.repeat(40) })
  const made = prompt({ use: [low, reader, high, context({ id: 'tools', tools: {} })], prompt: 'hi' })
  const { droppedContexts, excludedContexts } = await made.inspect({ tokenBudget: 10 })
  expect(droppedContexts.map(({ source, priority }) => [source, priority])).toEqual([
    ['context "low"', 49],
    ['context "plan:1"', 50],
  ])
  expect(excludedContexts).toEqual([])
})

test('AI-20 the turns are told as their texts', async () => {
  const image = { type: 'file', data: 'aGk=', mediaType: 'image/png' } as const
  const made = prompt({
    messages: () => [
      { role: 'user', content: [{ type: 'text', text: 'What' }, image, { type: 'text', text: 'is it?' }] },
      { role: 'assistant', content: 'A cat.' },
    ],
  })
  const text = 'What\n\nis it?\n\nA cat.'
  const seen = await made.inspect({})
  expect(seen.prompt).toEqual({ text, tokens: Math.ceil(text.length / 4) })
  expect(
    (await prompt({ messages: () => [{ role: 'user', content: [image] }] }).inspect({})).prompt,
  ).toBeUndefined()
})

test('AI-17 the text with its separators has to fit', async () => {
  const made = prompt({ system: 'own!', use: [context({ system: 'ctx!' })], prompt: 'hi' })
  expect((await made.inspect({ tokenBudget: 3 })).droppedContexts).toEqual([])
  expect((await made.inspect({ tokenBudget: 2 })).droppedContexts).toHaveLength(1)
})

test('AI-9 without turns of its own the prompt sends its input as JSON', async () => {
  const turnsOf = async (
    made: { resolve: (options: never) => Promise<{ call: { messages: unknown } }> },
    input?: unknown,
  ) => (await made.resolve({ input } as never)).call.messages
  const schema = z.object({ n: z.coerce.number() })

  expect(await turnsOf(prompt({ input: schema }), { n: '4', other: 1 })).toEqual([
    { role: 'user', content: '{"n":4}' },
  ])
  expect(await turnsOf(prompt({ use: [context({ input: schema })] }), { n: '4' })).toEqual([
    { role: 'user', content: '{"n":4}' },
  ])
  expect(await turnsOf(prompt({}), { any: 'thing' })).toEqual([{ role: 'user', content: '{"any":"thing"}' }])
  expect(await turnsOf(prompt({}))).toEqual([{ role: 'user', content: 'Continue.' }])
  for (const empty of [{}, [], null, '']) {
    expect(await turnsOf(prompt({}), empty)).toEqual([{ role: 'user', content: 'Continue.' }])
  }
  expect(await turnsOf(prompt({}), 0)).toEqual([{ role: 'user', content: '0' }])
})

test('AI-9 AIT-12 system turns of messages() go behind the composed text, in order', async () => {
  const made = prompt({
    system: 'Own.',
    use: [a],
    messages: () => [
      { role: 'system', content: 'First.' },
      { role: 'user', content: 'hi' },
      { role: 'system', content: 'Second.' },
    ],
  })
  const { call } = await made.resolve({})
  expect(call.instructions).toBe('Own.\n\nFrom a.\n\nFirst.\n\nSecond.')
  expect(call.messages).toEqual([{ role: 'user', content: 'hi' }])
})
