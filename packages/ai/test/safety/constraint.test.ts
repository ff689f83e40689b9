import { constraint } from '@crux/ai'
import { describe, expect, test, vi } from 'vitest'
import { checkConstraints, type ConstraintResult } from '../../src/safety/constraint.ts'

const answer = { text: 'Four.', parsed: { sum: 4 } }
const context = { promptId: 'adder', modelId: 'm', attempt: 2 }

const giving = (result: unknown, name = 'x') => constraint({ name, check: () => result as ConstraintResult })

describe('AI-35 constraints are asked about an answer', () => {
  test('each gets the answer and where it comes from', async () => {
    const check = vi.fn<Parameters<typeof constraint>[0]['check']>(() => ({ pass: true }))
    await checkConstraints([constraint({ name: 'x', check })], answer, context)
    expect(check.mock.calls).toEqual([[answer, context]])
  })

  test('one entry each, in their order, with severity, attempt and feedback', async () => {
    const late = constraint({
      name: 'late',
      check: async () => {
        await Promise.resolve()
        return { pass: true }
      },
    })
    const hint = constraint({
      name: 'hint',
      severity: 'suggest',
      check: () => ({ pass: false, feedback: 'Show the steps.' }),
    })
    expect(await checkConstraints([late, hint], answer, context)).toEqual([
      { name: 'late', severity: 'assert', attempt: 2, pass: true },
      { name: 'hint', severity: 'suggest', attempt: 2, pass: false, feedback: 'Show the steps.' },
    ])
  })

  test('all at once', async () => {
    let running = 0
    let most = 0
    const slow = (name: string) =>
      constraint({
        name,
        check: async () => {
          running += 1
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve))
          running -= 1
          return { pass: true }
        },
      })
    await checkConstraints([slow('a'), slow('b'), slow('c')], answer, context)
    expect(most).toBe(3)
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['true', true],
    ['no verdict', {}],
    ['a verdict that is no boolean', { pass: 'yes' }],
    ['no boolean, but feedback', { pass: 0, feedback: 'Try again.' }],
    ['a failure without feedback', { pass: false }],
    ['feedback that is no text', { pass: false, feedback: 7 }],
  ])('a malformed result counts as failed: %s', async (_title, result) => {
    expect(await checkConstraints([giving(result)], answer, context)).toMatchObject([
      { pass: false, feedback: 'malformed check result' },
    ])
  })

  test('a pass needs no more', async () => {
    const [entry] = await checkConstraints([giving({ pass: true, feedback: 'unused' })], answer, context)
    expect(entry).toEqual({ name: 'x', severity: 'assert', attempt: 2, pass: true })
  })

  test.each([
    ['at once', () => Promise.reject(new Error('database is down'))],
    [
      'in place of a result',
      () => {
        throw new Error('database is down')
      },
    ],
  ])('a check that throws %s fails the call with that error', async (_title, check) => {
    const asked = checkConstraints(
      [giving({ pass: true }), constraint({ name: 'x', check })],
      answer,
      context,
    )
    await expect(asked).rejects.toThrow('database is down')
  })
})
