import { cascade, fallback, router } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { describe, expect, test, vi } from 'vitest'
import { route } from '../../src/models/router.ts'

const small = scriptedModel([], { id: 'small' })
const large = scriptedModel([], { id: 'large' })

/** Routes by the input itself. */
const byInput = router({
  classify: (input: string) => input,
  routes: { default: small, large, also: 'by/name' },
})

describe('AI-43 AIT-47 a router chooses', () => {
  test('by what classify gives for the input, which may take its time', async () => {
    const model = router({
      classify: async ({ length }: { length: number }) => (length > 10 ? 'large' : 'default'),
      routes: { default: small, large },
    })
    expect((await route(model, { length: 11 })).target).toBe(large)
    expect(await route(model, { length: 3 })).toEqual({
      target: small,
      meta: {
        classifiedAs: 'default',
        selectedModel: 'small',
        availableRoutes: ['default', 'large'],
        hints: undefined,
        overridden: false,
      },
    })
  })

  test.each(['unheard of', 'constructor', 'toString', '__proto__', ''])('"%s" takes default', async (key) => {
    const { target, meta } = await route(byInput, key)
    expect(target).toBe(small)
    expect(meta).toMatchObject({ classifiedAs: key, selectedModel: 'small' })
  })

  test('a value that is no key takes default', async () => {
    const { target, meta } = await route(byInput, { large: true })
    expect(target).toBe(small)
    expect(meta?.classifiedAs).toBe('default')
  })

  test('a string id is its own name', async () => {
    expect(await route(byInput, 'also')).toMatchObject({
      target: 'by/name',
      meta: { selectedModel: 'by/name' },
    })
  })

  test('AIT-47 select skips classify and says so', async () => {
    const classify = vi.fn<() => string>(() => 'default')
    const model = router({ classify, routes: { default: small, large } }).select('large')
    expect(await route(model, {})).toMatchObject({
      target: large,
      meta: { classifiedAs: 'large', overridden: true },
    })
    expect(classify).not.toHaveBeenCalled()
    expect((await route(model.select('default'), {})).target).toBe(small)
  })

  test('AIT-47 hints arrive, and each router keeps its own', async () => {
    const classify = vi.fn<(input: unknown, hints?: { plan: string }) => string>((_input, hints) =>
      hints?.plan === 'pro' ? 'large' : 'default',
    )
    const model = router({ classify, routes: { default: small, large } })
    const pro = model.with({ plan: 'pro' })
    expect(await route(pro, 'in')).toMatchObject({ target: large, meta: { hints: { plan: 'pro' } } })
    expect((await route(model, 'in')).target).toBe(small)
    expect((await route(pro.with({ plan: 'free' }), 'in')).target).toBe(small)
    expect((await route(model.select('large').with({ plan: 'free' }), 'in')).meta).toMatchObject({
      overridden: true,
      hints: { plan: 'free' },
    })
    expect(classify.mock.calls).toEqual([
      ['in', { plan: 'pro' }],
      ['in', undefined],
      ['in', { plan: 'free' }],
    ])
  })

  test('what classify throws ends the call', async () => {
    const error = new Error('classifier is down')
    const model = router({ classify: () => Promise.reject(error), routes: { default: small } })
    await expect(route(model, {})).rejects.toBe(error)
  })

  test('is frozen, and no change of what it was made from reaches it', async () => {
    const routes: Record<string, typeof small> & { default: typeof small } = { default: small }
    const model = router({ classify: () => 'large', routes })
    routes.large = large
    expect((await route(model, {})).target).toBe(small)
    for (const made of [model, model.select('default')]) expect(Object.isFrozen(made)).toBe(true)
  })
})

describe('AI-43 AIT-50 routers nest', () => {
  test('router to router to fallback: the meta is that of the outermost one', async () => {
    const both = fallback(small, large)
    const inner = router({ classify: () => 'both', routes: { default: small, both } })
    const outer = router({ classify: () => 'default', routes: { default: inner, large } })
    expect(await route(outer, {})).toEqual({
      target: both,
      meta: {
        classifiedAs: 'default',
        selectedModel: 'small|large',
        availableRoutes: ['default', 'large'],
        hints: undefined,
        overridden: false,
      },
    })
  })

  test('router to cascade', async () => {
    const tiers = cascade({ tiers: [{ model: small }, { model: large }] })
    const model = router({ classify: () => 'default', routes: { default: tiers } })
    expect(await route(model, {})).toMatchObject({ target: tiers, meta: { selectedModel: 'cascade' } })
  })

  test('each router gets the input, and only the outer one its own hints', async () => {
    const classify = vi.fn<(input: unknown, hints?: string) => string>(() => 'default')
    const inner = router({ classify, routes: { default: small } })
    await route(router({ classify, routes: { default: inner } }).with('hint'), 'in')
    expect(classify.mock.calls).toEqual([
      ['in', 'hint'],
      ['in', undefined],
    ])
  })
})

test('AI-43 what is no router is the target, without meta', async () => {
  expect(await route(small, {})).toEqual({ target: small })
  expect(await route('by/name', {})).toEqual({ target: 'by/name' })
})
