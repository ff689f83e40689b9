import {
  constraint,
  ConstraintViolationError,
  context,
  generate,
  prompt,
  stream,
  type Constraint,
} from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import * as z from 'zod'

const ask = prompt({ id: 'slogan', prompt: 'A slogan, please.' })

const short = constraint({
  name: 'short',
  check: ({ text }) =>
    text.length < 10 ? { pass: true } : { pass: false, feedback: 'Less than 10 characters.' },
})
const loud = constraint({
  name: 'loud',
  severity: 'suggest',
  check: ({ text }) => (text.endsWith('!') ? { pass: true } : { pass: false, feedback: 'End with !' }),
})

const rejection = (work: Promise<unknown>) =>
  work.then(
    () => 'nothing',
    (error: unknown) => error,
  )

function lastTurn(model: { calls: readonly { prompt: readonly { content: unknown }[] }[] }, call: number) {
  return JSON.stringify(model.calls[call]?.prompt.at(-1)?.content)
}

describe('AI-35 constraints', () => {
  test('AIT-59 a failure causes one corrective turn; the audit shows false, then true', async () => {
    const model = scriptedModel(['Much too long a slogan', 'Short!'])
    const { text, _meta } = await generate(ask, { model, constraints: [short] })
    expect(text).toBe('Short!')
    expect(lastTurn(model, 1)).toContain('[short]: Less than 10 characters.')
    expect(_meta.constraints).toEqual({
      allPassed: true,
      suggestFallback: false,
      entries: [
        { name: 'short', severity: 'assert', attempt: 1, pass: false, feedback: 'Less than 10 characters.' },
        { name: 'short', severity: 'assert', attempt: 2, pass: true },
      ],
    })
    expect(_meta.attempts).toBe(2)
  })

  test('AIT-60 all that fail share one turn', async () => {
    const model = scriptedModel(['Much too long a slogan', 'Short!'])
    await generate(ask, { model, constraints: [short, loud] })
    expect(model.calls).toHaveLength(2)
    expect(lastTurn(model, 1)).toMatch(/\[short\]: .*\[loud\]: /)
  })

  test('AIT-60 a suggestion alone asks nobody again, and is told', async () => {
    const model = scriptedModel(['Short'])
    const { _meta } = await generate(ask, { model, constraints: [short, loud] })
    expect(model.calls).toHaveLength(1)
    expect(_meta.constraints).toMatchObject({ allPassed: false, suggestFallback: true })
  })

  test('AIT-60 exhausted, it throws what failed, and does not print the answer', async () => {
    const model = scriptedModel(Array.from({ length: 5 }, () => 'Much too secret a slogan'))
    const error = await rejection(generate(ask, { model, constraints: [short, loud] }))
    expect(error).toBeInstanceOf(ConstraintViolationError)
    expect(error).toMatchObject({
      failed: ['short'],
      totalAttempts: 3,
      lastOutput: 'Much too secret a slogan',
      audit: Array.from({ length: 6 }, () => ({ pass: false })),
    })
    expect(inspect(error)).not.toContain('secret')
    expect(model.calls).toHaveLength(3)
  })

  test('AIT-60 each has its own retries, and constraintMaxRetries caps all together', async () => {
    const never = (name: string, maxRetries: number) =>
      constraint({ name, maxRetries, check: () => ({ pass: false, feedback: 'No.' }) })
    const answers = () => scriptedModel(Array.from({ length: 9 }, () => 'x'))
    const models = [answers(), answers(), answers()] as const
    await rejection(generate(ask, { model: models[0], constraints: [never('a', 4)] }))
    await rejection(generate(ask, { model: models[1], constraints: [never('a', 4), never('b', 1)] }))
    await rejection(
      generate(ask, { model: models[2], constraints: [never('a', 4)], constraintMaxRetries: 3 }),
    )
    expect(models.map(({ calls }) => calls.length)).toEqual([5, 2, 4])
  })

  test('AIT-60 what one has used up is not missing to the other', async () => {
    const saying = (name: string) =>
      constraint({
        name,
        maxRetries: 1,
        check: ({ text }) =>
          text.includes(name) ? { pass: true } : { pass: false, feedback: `Say ${name}.` },
      })
    const model = scriptedModel(['b', 'a', 'a b'])
    const { text } = await generate(ask, { model, constraints: [saying('a'), saying('b')] })
    expect(text).toBe('a b')
  })

  test('AIT-60 two of one name, from two contexts, use up one retry together', async () => {
    const never = () => constraint({ name: 'never', check: () => ({ pass: false, feedback: 'No.' }) })
    const both = prompt({
      prompt: 'A slogan.',
      use: [context({ constraints: [never()] }), context({ constraints: [never()] })],
    })
    const model = scriptedModel(Array.from({ length: 9 }, () => 'x'))
    const error = await rejection(generate(both, { model }))
    expect(error).toMatchObject({ failed: ['never'], totalAttempts: 3 })
    expect(error).toMatchObject({
      message: 'generate(): the answer still does not meet "never" (attempt 3)',
      audit: Array.from({ length: 6 }, () => ({ name: 'never', pass: false })),
    })
  })

  test('AI-8 AI-32 corrections share maxSteps', async () => {
    const model = scriptedModel(Array.from({ length: 9 }, () => 'Much too long a slogan'))
    const error = await rejection(generate(ask, { model, constraints: [short], maxSteps: 2 }))
    expect(error).toBeInstanceOf(ConstraintViolationError)
    expect(model.calls).toHaveLength(2)
  })

  test('AI-29 in a stream they only report, and an assert that fails is no suggestion', async () => {
    const model = scriptedModel(['Much too long a slogan', 'Short!'])
    const { completion } = await stream(ask, { model, constraints: [short] })
    expect((await completion).constraints).toMatchObject({
      allPassed: false,
      suggestFallback: false,
      entries: [{ name: 'short', attempt: 1, pass: false }],
    })
    expect(model.calls).toHaveLength(1)
  })

  test('AI-31 they see the validated object, behind the schema', async () => {
    const check = vi.fn<Constraint['check']>(() => ({ pass: true }))
    const typed = prompt({ id: 'typed', prompt: 'A number.', output: z.object({ n: z.coerce.number() }) })
    const model = scriptedModel(['no', { object: { n: '5' } }], { id: 'm' })
    await generate(typed, { model, validationRetry: {}, constraints: [constraint({ name: 'c', check })] })
    expect(check.mock.calls).toEqual([
      [
        { text: '{"n":"5"}', parsed: { n: 5 } },
        { promptId: 'typed', modelId: 'm', attempt: 2 },
      ],
    ])
  })

  test('AI-8 AI-32 schema retries are counted over the whole call, also behind the correction of a constraint', async () => {
    const typed = prompt({ prompt: 'A number.', output: z.object({ n: z.number() }) })
    const small = constraint<{ n: number }>({
      name: 'small',
      check: ({ parsed }) => (parsed.n < 10 ? { pass: true } : { pass: false, feedback: 'Below 10.' }),
    })
    const model = scriptedModel(['no', { object: { n: 50 } }, 'no', { object: { n: 5 } }])
    const error = await rejection(
      generate(typed, { model, constraints: [small], validationRetry: { maxRetries: 1 } }),
    )
    expect(error).toMatchObject({ name: 'ValidationExhaustedError', attempts: 3 })
    expect(model.calls).toHaveLength(3)
  })

  test('a result that is no result counts as failed; what a check throws ends the call', async () => {
    const odd = constraint({ name: 'odd', maxRetries: 0, check: () => 'fine' as never })
    expect(await rejection(generate(ask, { model: scriptedModel(['x']), constraints: [odd] }))).toMatchObject(
      {
        failed: ['odd'],
      },
    )
    const error = new Error('broken')
    const broken = constraint({ name: 'broken', check: () => Promise.reject(error) })
    expect(await rejection(generate(ask, { model: scriptedModel(['x']), constraints: [broken] }))).toBe(error)
  })

  test("that of the call takes the place of the prompt's", async () => {
    const own = prompt({
      prompt: 'A slogan.',
      constraints: [constraint({ name: 'short', check: () => ({ pass: true }) })],
    })
    const error = await rejection(
      generate(own, {
        model: scriptedModel(['Much too long a slogan']),
        constraints: [short],
        constraintMaxRetries: 0,
      }),
    )
    expect(error).toMatchObject({ failed: ['short'] })
  })
})
