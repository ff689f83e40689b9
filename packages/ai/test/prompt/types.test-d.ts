import { context, match, type MergedInput, prompt, when } from '@crux/ai'
import { planAgent } from '@crux/core/plan'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const org = context({ input: z.object({ orgId: z.string() }), system: ({ input }) => input.orgId })
const days = context({ input: z.object({ days: z.coerce.number<string>() }) })
const own = context({ when: ({ input }) => input.own, input: z.object({ own: z.boolean() }) })

type InputOf<Made> = Made extends { readonly resolve: (options: infer Options) => unknown }
  ? Options extends { readonly input?: infer Input }
    ? Input
    : never
  : never

test('AI-15 AIT-7 a key of the prompt or of a context that is there in any case is required', () => {
  const made = prompt({
    input: z.object({ topic: z.string() }),
    use: [org],
    system: ({ input }) => input.topic + input.orgId,
  })
  expectTypeOf<InputOf<typeof made>>().toEqualTypeOf<{ topic: string } & { orgId: string }>()
  // @ts-expect-error a required key is missing
  void made.resolve({ input: { topic: 't' } })
  // @ts-expect-error the input is missing
  void made.resolve({})
  void made.resolve({ input: { topic: 't', orgId: 'o' } })
})

test('AI-15 AIT-7 keys of conditional contexts are optional, and so is an input without required keys', () => {
  const made = prompt({ use: [when(() => true, org), Math.random() > 0.5 && days, own] })
  void made.resolve({})
  void made.resolve({ input: { orgId: 'o', days: '3' } })
  // @ts-expect-error days is text before it is parsed
  void made.resolve({ input: { days: 3 } })
  const picks = prompt({ use: [match({ on: () => 'a', cases: { a: org, b: [days] } })] })
  void picks.resolve({ input: { orgId: 'o' } })
  // @ts-expect-error orgId is a text
  void picks.resolve({ input: { orgId: 1 } })
})

test('AI-15 texts see the parsed input, callers give the raw one', () => {
  const made = prompt({
    input: z.object({ size: z.coerce.number<string>(), at: z.date().default(new Date(0)) }),
    use: [days],
    system: ({ input }) => {
      expectTypeOf(input.size).toEqualTypeOf<number>()
      expectTypeOf(input.at).toEqualTypeOf<Date>()
      expectTypeOf(input.days).toEqualTypeOf<number>()
      return ''
    },
  })
  void made.resolve({ input: { size: '3', days: '4' } })
})

test('AI-13 contexts of plans fit in as they are', () => {
  void prompt({ use: [planAgent('p').asContext(), org] }).resolve({ input: { orgId: 'o' } })
})

test('MergedInput names the input of a list of contexts', () => {
  expectTypeOf<MergedInput<{ topic: string }, [typeof org]>>().toEqualTypeOf<
    { topic: string } & { orgId: string }
  >()
})
