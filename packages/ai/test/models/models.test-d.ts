// Compiled by the type check, never run.
import { cascade, fallback, router } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import type { LanguageModel } from 'ai'

const model = scriptedModel([])
const tiers = cascade({ tiers: [{ model }] })

// AI-43: `.with` is there only for a classify with a second parameter.
const plain = router({
  classify: (input: { text: string }) => input.text,
  routes: { default: model, large: model },
})
plain.select('large')
// @ts-expect-error No such route.
plain.select('small')
// @ts-expect-error No hints.
plain.with({ tier: 'pro' })

const hinted = router({
  classify: (input: { text: string }, hints?: { tier: string }) => hints?.tier ?? input.text,
  routes: { default: model, large: tiers, other: plain, either: fallback(model, 'b') },
})
hinted.with({ tier: 'pro' }).select('large').with({ tier: 'free' })
// @ts-expect-error Other hints.
hinted.with({ tier: 1 })
// @ts-expect-error Hints may be missing, so that classify must do without.
router({ classify: (_input: string, hints: { tier: string }) => hints.tier, routes: { default: model } })
// @ts-expect-error `default` is required.
router({ classify: () => 'large', routes: { large: model } })
// @ts-expect-error A route is a model.
router({ classify: () => 'default', routes: { default: 7 } })

// AI-38: a fallback is a model made of models.
fallback(model, 'b', { timeoutMs: 5, on: ['timeout'] }) satisfies LanguageModel
fallback(model, 'b', model, model, { onAttemptError: (_error, attempt) => attempt.toFixed() })
fallback(fallback(model, 'b'), model)
// @ts-expect-error One is not enough.
fallback(model)
// @ts-expect-error Nor is one and options.
fallback(model, { timeoutMs: 5 })
// @ts-expect-error A router is no model.
fallback(model, plain)
// @ts-expect-error Nor further back.
fallback(model, model, hinted)
// @ts-expect-error A cascade is no model.
fallback(tiers, model)
// @ts-expect-error Nor further back.
fallback(model, model, tiers)
// @ts-expect-error Options come last.
fallback(model, model, { timeoutMs: 5 }, model)
// @ts-expect-error Not a category.
fallback(model, model, { on: ['teapot'] })
