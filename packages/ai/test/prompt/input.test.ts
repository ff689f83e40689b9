import { context, match, prompt, when } from '@crux/ai'
import { jsonSchema, zodSchema } from 'ai'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'

async function inputOf(made: ReturnType<typeof prompt>, input: unknown): Promise<unknown> {
  const { call } = await made.resolve({ input })
  const [turn] = call.messages
  return typeof turn?.content === 'string' ? JSON.parse(turn.content) : undefined
}

/** A Standard Schema of no library. */
const standard = (validate: (value: unknown) => { value: object } | { issues: readonly object[] }) => ({
  version: 1 as const,
  vendor: 'own',
  validate: validate as never,
  jsonSchema: { input: () => ({}), output: () => ({}) },
})

const org = context({ id: 'org', input: z.strictObject({ orgId: z.string() }) })

test('AI-15 AIT-8 strict schemas of several owners each get their own keys, and undeclared keys are dropped', async () => {
  const made = prompt({ input: z.strictObject({ topic: z.string() }), use: [org] })
  expect(await inputOf(made, { topic: 't', orgId: 'o', other: 1 })).toEqual({ topic: 't', orgId: 'o' })
})

test('AI-15 AI-16 what the prompt has parsed wins over a context that declares the same key', async () => {
  const made = prompt({
    input: z.object({ orgId: z.string().transform((id) => `own-${id}`) }),
    use: [org],
  })
  expect(await inputOf(made, { orgId: '1' })).toEqual({ orgId: 'own-1' })
})

test('AI-16 AIT-8 a key of the prompt and a context needs a value that both accept', async () => {
  const made = prompt({ input: z.object({ orgId: z.union([z.string(), z.number()]) }), use: [org] })
  await expect(made.resolve({ input: { orgId: 1 as never } })).rejects.toThrow(
    'resolve(): input is invalid: orgId: expected string',
  )
  await expect(made.resolve({ input: {} as never })).rejects.toThrow(/: orgId: required$/)
})

test('AI-16 AIT-8 two contexts with one key are refused by name, at definition', () => {
  const other = context({ input: z.object({ orgId: z.string() }) })
  expect(() => prompt({ use: [org, other] })).toThrow(
    'prompt(): input key "orgId" is declared by contexts "org" and #2; rename one',
  )
  expect(() => context({ id: 'c', use: [org], input: z.object({ orgId: z.string() }) })).toThrow(
    'context(): input key "orgId" is declared by contexts "org" and "c"; rename one',
  )
})

test('AI-16 AIT-8 cases of one match may share keys, cases of two may not', () => {
  const other = context({ id: 'other', input: z.object({ orgId: z.string() }) })
  const on = () => 'a'
  expect(() => prompt({ use: [match({ on, cases: { a: org, b: other } })] })).not.toThrow()
  expect(() => prompt({ use: [match({ on, cases: { a: org }, default: other })] })).not.toThrow()
  expect(() =>
    prompt({ use: [match({ on, cases: { a: org } }), match({ on, cases: { b: other } })] }),
  ).toThrow('"orgId"')
  expect(() => prompt({ use: [match({ on, cases: { a: [org, other] } })] })).toThrow('"orgId"')
})

test('AI-16 AI-18 a context that two ways lead to clashes if one of them leaves both there', () => {
  const other = context({ id: 'other', input: z.object({ orgId: z.string() }) })
  const either = match({ on: () => 'a', cases: { a: org, b: other } })
  expect(() => prompt({ use: [either, org] })).toThrow('"orgId"')
  expect(() => prompt({ use: [either, other] })).toThrow('"orgId"')
  expect(() => prompt({ use: [either, either] })).not.toThrow()
})

test('AI-16 AI-100 AIT-8 dates and custom types work, because nothing is converted to JSON Schema', async () => {
  const made = prompt({
    input: z.object({ at: z.date(), file: z.instanceof(Uint8Array) }),
    use: [org],
    prompt: ({ input }) => `${input.at.getUTCFullYear()} ${input.file.length}`,
  })
  const { call } = await made.resolve({ input: { at: new Date(0), file: new Uint8Array(3), orgId: 'o' } })
  expect(call.messages).toEqual([{ role: 'user', content: '1970 3' }])
})

test('AI-16 AI-100 AIT-8 a schema that the SDK would convert as soon as it is looked at works too', async () => {
  const dated = zodSchema(z.object({ at: z.date() }))
  const made = prompt({ input: dated, prompt: ({ input }) => `${input.at.getUTCFullYear()}` })
  const { call } = await made.resolve({ input: { at: new Date(0) } })
  expect(call.messages).toEqual([{ role: 'user', content: '1970' }])
})

test('AI-16 keys come from the shape, from JSON Schema, or are not known; then the schema sees everything', async () => {
  const validate = (value: unknown) => ({
    success: true as const,
    value: { seen: Object.keys(Object(value)) },
  })
  const withKeys = jsonSchema<{ seen: string[] }>({ type: 'object', properties: { a: {} } }, { validate })
  const without = jsonSchema<{ seen: string[] }>(Promise.resolve({ type: 'object' }), { validate })
  expect(await inputOf(prompt({ input: withKeys }), { a: 1, b: 2 })).toEqual({ seen: ['a'] })
  expect(await inputOf(prompt({ input: without }), { a: 1, b: 2 })).toEqual({ seen: ['a', 'b'] })
  expect(await inputOf(prompt({ input: () => withKeys }), { a: 1, b: 2 })).toEqual({ seen: ['a'] })
  expect(await inputOf(prompt({ input: mini.object({ a: mini.number() }) }), { a: 1, b: 2 })).toEqual({
    a: 1,
  })
  const callable = Object.assign(
    () => {
      throw new Error('called')
    },
    { '~standard': standard((value) => ({ value: { seen: Object.keys(Object(value)) } })) },
  )
  expect(await inputOf(prompt({ input: callable }), { a: 1, b: 2 })).toEqual({ seen: ['a', 'b'] })
  const seen: unknown[] = []
  const looking = jsonSchema<object>(
    {},
    {
      validate: (value) => {
        seen.push(value)
        return { success: true, value: {} }
      },
    },
  )
  await prompt({ input: looking }).resolve({})
  expect(seen).toEqual([{}])
})

test.each([
  ['a string', z.string(), 'string'],
  ['a list', z.array(z.string()), 'array'],
  ['a number, as JSON Schema', jsonSchema({ type: 'number' }), 'number'],
  ['no schema', 'orgId', 'string'],
])('AI-16 input that is %s is refused at definition', (_name, input, got) => {
  // The types refuse some of these as well; what is checked is what JavaScript gets to see.
  const wrong = { input } as object
  expect(() => prompt(wrong)).toThrow(`prompt(): input must be a schema of an object, got ${got}`)
  expect(() => context(wrong)).toThrow(`context(): input must be a schema of an object, got ${got}`)
})

test('AI-15 the schema of a conditional context runs only if it is there', async () => {
  const made = prompt({
    input: z.object({ trial: z.boolean() }),
    use: [
      when(
        ({ input }: { input: { trial: boolean } }) => input.trial,
        context({ input: z.object({ days: z.number() }) }),
      ),
    ],
  })
  expect(await inputOf(made, { trial: false, days: 'many' })).toEqual({ trial: false })
  await expect(made.resolve({ input: { trial: true, days: 'many' } as never })).rejects.toThrow(
    'resolve(): input is invalid: days: expected number',
  )
})

test('AI-15 a predicate sees what is there in any case, parsed, and its own keys, raw', async () => {
  const seen: unknown[] = []
  const made = prompt({
    prompt: 'hi',
    input: z.object({ n: z.coerce.number() }),
    use: [
      context({ input: z.object({ sure: z.coerce.number() }) }),
      when(({ input }) => seen.push(input) < 0, context({ input: z.object({ own: z.coerce.number() }) })),
      when(({ input }) => seen.push(input) < 0, context({ input: z.object({ theirs: z.coerce.number() }) })),
    ],
  })
  await made.resolve({ input: { n: '1', sure: '2', own: '3', theirs: '4', other: '5' } as never })
  expect(seen).toEqual([
    { n: 1, sure: 2, own: '3' },
    { n: 1, sure: 2, theirs: '4' },
  ])
})

test('AI-15 a predicate sees all raw values where a context below does not say which are its own', async () => {
  const unknown = jsonSchema<object>({}, { validate: (value) => ({ success: true, value: Object(value) }) })
  const seen: unknown[] = []
  const cases = { a: context({ input: unknown }), b: context({ input: z.object({ own: z.number() }) }) }
  const made = prompt({
    prompt: 'hi',
    use: [match({ on: ({ input }) => String(seen.push(input)), cases })],
  })
  await made.resolve({ input: { own: 1, other: 2 } as never })
  expect(seen).toEqual([{ own: 1, other: 2 }])
})

test('AI-15 AI-16 of a key that is declared twice a predicate sees what the prompt has parsed', async () => {
  const seen: unknown[] = []
  const n = (text: string) => z.object({ n: z.string().transform((given) => `${given} ${text}`) })
  const made = prompt({
    prompt: 'hi',
    input: n('of the prompt'),
    use: [
      context({ input: n('of a context') }),
      when(
        ({ input }) => seen.push(input) < 0,
        context({ use: [context({})], input: z.object({ m: z.any() }) }),
      ),
    ],
  })
  await made.resolve({ input: { n: '1', m: 2 } })
  const conditional = prompt({
    prompt: 'hi',
    input: n('of the prompt'),
    use: [when(({ input }) => seen.push(input) < 0, context({ input: n('of a context') }))],
  })
  await conditional.resolve({ input: { n: '1' } })
  expect(seen).toEqual([{ n: '1 of the prompt', m: 2 }, { n: '1 of the prompt' }])
})

test('AI-101 what is expected is told only where a type is: other libraries say more in their message', async () => {
  const issues = [{ message: 'Too short: at least 3', expected: '>=3', path: ['name'] }]
  const input = { '~standard': standard(() => ({ issues })) }
  await expect(prompt({ input }).resolve({ input: { name: 'x' } })).rejects.toThrow(
    'input is invalid: name: Too short: at least 3',
  )
})

test('AI-101 AIT-13 bad input is told by path, without the input', async () => {
  const made = prompt({
    input: z.object({ orgId: z.string(), topic: z.string(), size: z.number().max(3, 'm'.repeat(200)) }),
  })
  await expect(made.resolve({ input: { orgId: 4111, size: 4 } as never })).rejects.toMatchObject({
    code: 'usage',
    message: `resolve(): input is invalid: orgId: expected string; topic: required; size: ${'m'.repeat(100)}`,
  })
  await expect(made.resolve({} as never)).rejects.toThrow(
    'input is invalid: orgId: required; topic: required; size: required',
  )
})

test('AI-15 any split of keys over owners gives the same merged input', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }),
      async (keys, owners) => {
        const schemaOf = (index: number) =>
          z.strictObject(
            Object.fromEntries(
              keys.filter((_, key) => owners[key] === index).map((key) => [key, z.number()]),
            ),
          )
        const made = prompt({
          input: schemaOf(0),
          use: [1, 2, 3].map((index) => context({ input: schemaOf(index) })),
        })
        const input = Object.fromEntries(keys.map((key, index) => [key, index]))
        expect(await inputOf(made as never, { ...input, EXTRA: 1 })).toEqual(input)
      },
    ),
    { numRuns: 200 },
  )
})
