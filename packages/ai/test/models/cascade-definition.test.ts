import { cascade } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { describe, expect, test } from 'vitest'

const model = scriptedModel([])

describe('AI-44 AI-101 AIT-13 cascade() refuses what could not run', () => {
  test.each<[tiers: unknown, message: string]>([
    [[], 'cascade(): tiers must not be empty'],
    [model, 'cascade(): tiers must be a list, got object'],
    [
      [{ model }, {}],
      'cascade(): model of tier 1 must be a LanguageModel, fallback() or router(), got undefined',
    ],
    [
      [undefined],
      'cascade(): model of tier 0 must be a LanguageModel, fallback() or router(), got undefined',
    ],
    [
      [{ model: cascade({ tiers: [{ model }] }) }],
      'cascade(): model of tier 0 is a cascade(); list its tiers here',
    ],
  ])('%#', (tiers, message) => {
    expect(() => cascade({ tiers: tiers as never })).toThrow(
      expect.objectContaining({ code: 'usage', message }),
    )
  })

  test.each([
    [-1, '-1'],
    [Number.NaN, 'NaN'],
    ['5' as never, 'string'],
  ])('a budget of %o', (limit, got) => {
    for (const name of ['maxCost', 'maxLatencyMs']) {
      expect(() => cascade({ tiers: [{ model }], budget: { [name]: limit } })).toThrow(
        expect.objectContaining({
          code: 'usage',
          message: `cascade(): budget.${name} must be a number >= 0, got ${got}`,
        }),
      )
    }
  })
})

test('AI-44 a cascade is frozen, and no change of what it was made from reaches it', () => {
  const tiers = [{ model }]
  const made = cascade({ tiers, budget: { maxCost: 1 } })
  tiers.push({ model })
  expect(made.tiers).toHaveLength(1)
  expect([made, made.tiers, made.tiers[0], made.budget].every(Object.isFrozen)).toBe(true)
})
