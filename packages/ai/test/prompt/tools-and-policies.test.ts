import { constraint, context, generate, guardrail, match, prompt, toolMiddleware } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { createCrux, inMemoryCruxStore } from '@crux/core'
import { generateText, tool } from 'ai'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'

const search = tool({ inputSchema: z.object({}), execute: () => 'found' })
const other = tool({ inputSchema: z.object({}), execute: () => 'other' })

test('AI-18 AIT-10 a tool of two owners is refused by name, at definition where both sets are plain', () => {
  const a = context({ id: 'a', tools: { search } })
  expect(() => prompt({ id: 'x', use: [a], tools: { search: other } })).toThrow(
    'prompt(): tool "search" comes from context "a" and prompt "x"; rename one',
  )
  expect(() => prompt({ use: [a, context({ tools: { search: other } })] })).toThrow(
    'prompt(): tool "search" comes from context "a" and context #2; rename one',
  )
})

test('AI-18 AIT-10 sets that are made for the input clash when they are made', async () => {
  const a = context({ id: 'a', tools: () => ({ search }) })
  const made = prompt({ id: 'x', use: [a], tools: { search: other }, prompt: 'hi' })
  await expect(made.resolve({})).rejects.toThrow(
    'resolve(): tool "search" comes from context "a" and prompt "x"; rename one',
  )
})

test('AI-18 AIT-10 a tool of the call takes the place of one of the prompt and of a context, without a word', async () => {
  const ofContext = vi.fn<() => string>(() => 'context')
  const ofPrompt = vi.fn<() => string>(() => 'prompt')
  const ofCall = vi.fn<() => string>(() => 'call')
  const make = (execute: () => string) => tool({ inputSchema: z.object({}), execute })
  const made = prompt({
    use: [context({ id: 'a', tools: { search: make(ofContext) } })],
    tools: { other: make(ofPrompt) },
    prompt: 'hi',
  })
  const both = ['search', 'other'].map((name) => ({ name, input: {} }))
  await generate(made, {
    model: scriptedModel([{ tools: both }, 'done']),
    tools: { search: make(ofCall), other: make(ofCall) },
  })
  expect([ofContext, ofPrompt, ofCall].map(({ mock }) => mock.calls.length)).toEqual([0, 0, 2])
})

test('AI-18 cases of one match may share a tool name, two matches may not', async () => {
  const [first, second] = [search, other].map((tool) => context({ tools: { search: tool } }))
  const on = ({ input }: { readonly input: Readonly<Record<string, unknown>> }) => String(input['tier'])
  const made = prompt({
    input: z.object({ tier: z.string() }),
    use: [match({ on, cases: { a: first, b: second } })],
    prompt: 'hi',
  })
  expect((await made.resolve({ input: { tier: 'a' } })).call.tools).toEqual({ search })
  expect((await made.resolve({ input: { tier: 'b' } })).call.tools).toEqual({ search: other })
  expect(() =>
    prompt({ use: [match({ on, cases: { a: first } }), match({ on, cases: { b: second } })] }),
  ).toThrow('prompt(): tool "search" comes from context #1 and context #2; rename one')
})

test('AI-18 tools are the objects that were given', async () => {
  const made = prompt({ use: [context({ tools: { search } })], tools: { other }, prompt: 'hi' })
  const { call } = await made.resolve({})
  expect(call.tools).toEqual({ search, other })
  expect(call.tools?.['search']).toBe(search)
})

test('AI-10 a prompt is frozen and tells what it is made of', () => {
  const use = [context({ id: 'a', use: [context({ id: 'b' })] })]
  const input = z.object({})
  const output = z.object({ n: z.number() })
  const made = prompt({ id: 'x', tags: ['demo'], use, input, output })
  expect(Object.isFrozen(made) && Object.isFrozen(made.config) && Object.isFrozen(made.config.use)).toBe(true)
  expect(made).toMatchObject({ id: 'x', tags: ['demo'], hasOutput: true })
  expect([made.inputSchema, made.outputSchema]).toEqual([input, output])
  expect(made.contexts.map(({ id }) => id)).toEqual(['b', 'a'])
  expect(prompt({}).hasOutput).toBe(false)
})

test('AI-10 a prompt of another copy of the package is a prompt, not an empty definition', async () => {
  const copy = { ...prompt({ system: 'Own.', prompt: 'hi' }) }
  const model = scriptedModel(['done'])
  await generate(copy, { model })
  expect(model.calls[0]?.prompt[0]).toEqual({ role: 'system', content: 'Own.' })
})

test('AI-11 a context has priority 50 unless it says so', async () => {
  const made = prompt({ system: 'own', use: [context({ system: 'text' })], prompt: 'hi' })
  const { system } = await made.inspect({})
  expect(system.parts).toEqual([
    { source: 'prompt', text: 'own', tokens: 1, priority: null },
    { source: 'context #1', text: 'text', tokens: 1, priority: 50 },
  ])
})

test('AI-6 AI-19 AI-20 AIT-11 what inspect tells is what the provider gets, and call fits generateText', async () => {
  const model = scriptedModel(['{"title":"Tides"}'])
  const made = prompt({
    system: 'Own.',
    use: [context({ system: ({ input }) => `For ${input.who}.`, input: z.object({ who: z.string() }) })],
    prompt: 'Write.',
    output: z.object({ title: z.string() }),
    settings: { temperature: 0.5, maxTokens: 10 },
    tools: { search },
  })
  const given = { input: { who: 'Ann' }, temperature: 0.2 }
  const { call } = await made.resolve(given)
  const seen = await made.inspect(given)
  const result = await generateText({ model, ...call })

  expect(model.calls).toHaveLength(1)
  expect(model.calls[0]?.prompt).toEqual([
    { role: 'system', content: seen.system.total },
    { role: 'user', content: [{ type: 'text', text: seen.prompt?.text }], providerOptions: undefined },
  ])
  expect(model.calls[0]).toMatchObject({ temperature: 0.2, maxOutputTokens: 10 })
  expect(model.calls[0]?.tools?.map(({ name }) => name)).toEqual(seen.tools)
  expect(result.output).toEqual({ title: 'Tides' })
  expect(seen.totalTokens).toBe(seen.system.totalTokens + (seen.prompt?.tokens ?? 0))
})

test('AI-9 AI-19 settings have the names of the SDK, the call wins key by key, and nothing else is there', async () => {
  const settings = (n: number) => ({
    temperature: n,
    maxTokens: n,
    topP: n,
    topK: n,
    stopSequences: [`${n}`],
    seed: n,
    presencePenalty: n,
    frequencyPenalty: n,
  })
  const { maxTokens, ...named } = settings(1)
  const messages = [{ role: 'user', content: 'hi' }]
  const asked = { ...named, maxOutputTokens: maxTokens, messages }
  const own = prompt({ settings: settings(1), prompt: 'hi' })
  const zero = prompt({ settings: settings(0), prompt: 'hi' })
  expect((await own.resolve({})).call).toStrictEqual(asked)
  expect((await zero.resolve(settings(1))).call).toStrictEqual(asked)
  expect((await own.resolve({ temperature: 0 })).call).toStrictEqual({ ...asked, temperature: 0 })
  expect((await prompt({ prompt: 'hi' }).resolve({})).call).toStrictEqual({ messages })
})

test('AI-19 the policy holds what is merged over contexts and the prompt, the nearer one in place of its namesake', async () => {
  const check = () => ({ pass: true as const })
  const far = constraint({ name: 'short', check })
  const near = constraint({ name: 'short', check })
  const guard = guardrail({ name: 'pii', phase: 'input', validate: () => ({ action: 'pass' }) })
  const seen = toolMiddleware({ id: 'seen' })
  const made = prompt({
    use: [context({ constraints: [far], guardrails: [guard] })],
    constraints: [near],
    toolMiddleware: seen,
    prompt: 'hi',
  })
  const { policy } = await made.resolve({})
  expect(policy.constraints).toEqual([near])
  expect(policy.constraints[0]).toBe(near)
  expect(policy.guardrails).toEqual([guard])
  expect(policy.toolMiddleware).toEqual([seen])
})

test('AI-35 AI-45 two contexts with a guard of one name bring both, and the prompt takes the place of both', async () => {
  const pass = () => ({ action: 'pass' as const })
  const guards = [1, 2, 3].map(() => guardrail({ name: 'pii', phase: 'input', validate: pass }))
  const check = () => ({ pass: true as const })
  const checks = [1, 2].map(() => constraint({ name: 'short', check }))
  const use = [0, 1].map((index) =>
    context({ guardrails: guards.slice(index, index + 1), constraints: checks.slice(index, index + 1) }),
  )
  const both = (await prompt({ use, prompt: 'hi' }).resolve({})).policy
  expect([both.guardrails, both.constraints]).toEqual([guards.slice(0, 2), checks])
  const own = (await prompt({ use, guardrails: guards.slice(2), prompt: 'hi' }).resolve({})).policy
  expect(own.guardrails).toHaveLength(1)
  expect(own.guardrails[0]).toBe(guards[2])
})

test('AI-13 AI-18 AIT-6 contexts and tools of plans and tasks work as they are, and show the newest state', async () => {
  const crux = createCrux({ store: inMemoryCruxStore() })
  const made = await crux.plan({ id: 'p', title: 'Find out about tides', content: '1. Read' })
  const list = await crux.tasklist({ id: 'l', tasks: [{ id: 't', label: 'Read' }] })
  const worker = crux.taskWorker('l', 't')
  const research = prompt({
    use: [
      crux.planAgent('p').asContext(),
      crux.planAgent('none').asContext(),
      crux.taskListAgent('l').asContext(),
      worker.asContext(),
    ],
    tools: { ...worker.asTools(), createPlan: crux.createPlanTool() },
    prompt: 'Go on.',
  })

  const first = await research.inspect({})
  expect(first.system.total).toContain('Find out about tides')
  expect(first.excludedContexts).toEqual([{ source: 'context "plan:none"', reason: 'empty' }])
  expect(first.tools).toContain('createPlan')

  await made.update({ title: 'Find out about currents' })
  await list.startTask('t')
  const second = await research.inspect({})
  expect(second.system.total).toContain('currents')
  expect(second.system.total).not.toContain('about tides')
})
