import {
  cascade,
  context,
  fallback,
  generate,
  generateObjectFn,
  generateTextFn,
  prompt,
  router,
  stream,
  when,
  type GenerateReturn,
  type ModelSource,
} from '@crux/ai'
import { resolve, type ResolvedAgent } from '@crux/ai/agent'
import { scriptedModel } from '@crux/ai/testing'
import type { GenerateTextFn } from '@crux/core/compaction'
import { hasToolCall, isStepCount } from 'ai'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const model = scriptedModel([])
const org = context({ input: z.object({ orgId: z.string() }) })
const person = z.object({ name: z.string(), tags: z.array(z.string()) })

test('AI-21 AIT-7 generate asks for the input that the prompt and its contexts require', () => {
  const ask = prompt({ input: z.object({ topic: z.string() }), use: [org] })
  void generate(ask, { model, input: { topic: 't', orgId: 'o' } })
  // @ts-expect-error a required key is missing
  void generate(ask, { model, input: { topic: 't' } })
  // @ts-expect-error the input is missing
  void generate(ask, { model })
  // @ts-expect-error the same in a stream
  void stream(ask, { model, input: { topic: 't' } })
  void generate(prompt({ use: [when(() => true, org)] }), { model })
  void generate(prompt({ prompt: 'Hi.' }), { model })
})

test('AI-22 AIT-7 AIT-19 there is an object only with an output schema', async () => {
  const text = await generate(prompt({ prompt: 'Hi.' }), { model })
  expectTypeOf(text).toEqualTypeOf<GenerateReturn>()
  // @ts-expect-error no output schema, no object
  void text.object
  const typed = await generate(prompt({ prompt: 'Hi.', output: person }), { model })
  expectTypeOf(typed.object).toEqualTypeOf<{ name: string; tags: string[] }>()
})

test('AI-10 a definition is typed like its prompt', async () => {
  const { object } = await generate(
    { input: z.object({ topic: z.string() }), prompt: ({ input }) => input.topic, output: person },
    { model, input: { topic: 't' } },
  )
  expectTypeOf(object.name).toEqualTypeOf<string>()
  // @ts-expect-error the input is missing
  void generate({ input: z.object({ topic: z.string() }), prompt: 'Hi.' }, { model })
  const agent = await resolve(
    { input: z.object({ topic: z.string() }), system: ({ input }) => input.topic },
    { model, input: { topic: 't' } },
  )
  expectTypeOf(agent).toEqualTypeOf<ResolvedAgent>()
  // @ts-expect-error the input is missing
  void resolve({ input: z.object({ topic: z.string() }) }, { model })
  // @ts-expect-error the same for a prompt
  void resolve(prompt({ input: z.object({ topic: z.string() }) }), { model })
})

test('AI-25 AIT-7 there are partials only with an output schema', async () => {
  const text = await stream(prompt({ prompt: 'Hi.' }), { model })
  // @ts-expect-error no output schema, no partials
  void text.partialObjectStream
  // @ts-expect-error and no object
  void (await text.completion).object
  const typed = await stream(prompt({ prompt: 'Hi.', output: person }), { model })
  expectTypeOf((await typed.completion).object).toEqualTypeOf<{ name: string; tags: string[] }>()
  for await (const partial of typed.partialObjectStream) {
    expectTypeOf(partial).toEqualTypeOf<{ name?: string; tags?: string[] }>()
  }
})

test('AI-21 AI-29 models: all for generate, no cascade for stream', () => {
  const ask = prompt({ prompt: 'Hi.' })
  const tiers = cascade({ tiers: [{ model }] })
  void generate(ask, { model: 'openai/gpt-5' })
  void generate(ask, { model: fallback(model, model), stopWhen: isStepCount(3) })
  void generate(ask, { model: router({ classify: () => 'default', routes: { default: model } }) })
  void generate(ask, { model: tiers, stopWhen: [hasToolCall('done'), isStepCount(3)] })
  // @ts-expect-error a cascade needs full results
  void stream(ask, { model: tiers })
})

test('AI-71 generateTextFn is the function that compaction asks for', () => {
  expectTypeOf(generateTextFn).toExtend<GenerateTextFn<ModelSource>>()
})

test('AI-71 generateObjectFn gives the type of its schema', async () => {
  const { object } = await generateObjectFn({ model, prompt: 'Hi.', schema: person })
  expectTypeOf(object).toEqualTypeOf<{ name: string; tags: string[] }>()
})
