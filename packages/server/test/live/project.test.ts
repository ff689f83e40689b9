import type { CruxRecord } from '@crux/core'
import { describe, expect, vi } from 'vitest'
import { comingFrom, follow, test } from '../support/live-test.ts'
import { isPart, partsOf } from '../support/read-frames.ts'
import { planChange, taskChange } from '../support/writer.ts'

interface Role {
  readonly role: string
}

const roles = {
  authorize: (request: Request): Role => ({ role: request.headers.get('x-role') ?? 'guest' }),
  viewKey: ({ role }: Role) => role,
  /** Guests see no plan whose title begins with `secret`, and of others only the title. */
  project: ({ entity, value }: CruxRecord, { role }: Role) => {
    if (entity !== 'plan' || role === 'admin') return value
    return value.title.startsWith('secret') ? undefined : { title: value.title }
  },
}

const asRole = (role: string, cursor = '') => ({ headers: { 'x-role': role, 'last-event-id': cursor } })

describe('LIVE-12 project', () => {
  test('LIVE-12 sends what it gives, by context, and leaves out what it does not', async ({
    makeHandler,
    write,
  }) => {
    await write.commit(planChange('a', { title: 'open' }), planChange('b', { title: 'secret' }))
    const handler = makeHandler(roles)
    const guest = await follow(handler, asRole('guest'))
    const admin = await follow(handler, asRole('admin'))
    expect(partsOf(await guest.untilReady()).map(({ key, value }) => [key, value])).toEqual([
      ['a', { title: 'open' }],
    ])
    expect(partsOf(await admin.untilReady()).map(({ key }) => key)).toEqual(['a', 'b'])
    await write.plan('a', { title: 'still open' })
    expect(partsOf(await guest.untilChange('a'))[0]?.value).toEqual({ title: 'still open' })
    expect(partsOf(await admin.untilChange('a'))[0]?.value).toMatchObject({ title: 'still open', version: 1 })
  })

  test('LIVE-12 what is left out later is taken back, live and in a catch-up', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('a', { title: 'open' })
    const handler = makeHandler(roles)
    const stream = await follow(handler, asRole('guest'))
    const cursor = (await stream.untilReady()).at(-1)?.id
    const before = Date.now()
    await write.plan('a', { title: 'secret' })
    const [live] = partsOf(await stream.untilChange('a'))
    const again = await follow(handler, asRole('guest', cursor))
    const [caughtUp] = partsOf(await again.untilReady())
    for (const part of [live, caughtUp]) {
      expect(part).toEqual({
        entity: 'plan',
        key: 'a',
        value: { removedAt: expect.any(Number) },
        event: 'removed',
        revision: 2,
      })
      expect(part?.value['removedAt']).toBeGreaterThanOrEqual(before)
    }
    expect(stream.text()).not.toContain('secret')
  })

  test('LIVE-12 what a snapshot has already sent is taken back in it', async ({
    makeHandler,
    store,
    write,
  }) => {
    await write.plan('a', { title: 'open' })
    const view = { ...store }
    // Between the scan and ready somebody hides the plan.
    view.changes = async function* (options) {
      for await (const batch of store.changes(options)) {
        yield batch
        if (batch.reset) await write.plan('a', { title: 'secret' })
      }
    }
    const handler = makeHandler({ ...roles, store: { ...view, scope: () => view } })
    const stream = await follow(handler, asRole('guest'))
    expect(partsOf(await stream.untilReady()).map(({ event, value }) => [event, Object.keys(value)])).toEqual(
      [
        ['updated', ['title']],
        ['removed', ['removedAt']],
      ],
    )
  })

  test('LIVE-12 a throw, and a value that is no JSON, count as left out and are reported', async ({
    makeHandler,
    write,
  }) => {
    await write.commit(planChange('a'), planChange('b'), planChange('c'))
    const handler = makeHandler({
      project: ({ key, value }) => {
        if (key === 'a') throw new Error('hunter2')
        return key === 'b' ? { size: 1n } : value
      },
    })
    const stream = await follow(handler)
    expect(partsOf(await stream.untilReady()).map(({ key }) => key)).toEqual(['c'])
    await write.plan('a')
    expect(partsOf(await stream.untilChange('a'))[0]?.event).toBe('removed')
    expect(stream.text()).not.toContain('hunter2')
    expect(handler.errors).toEqual([new Error('hunter2'), expect.any(TypeError), new Error('hunter2')])
  })

  test('LIVE-12 a removed task stays removed, whatever project picks', async ({ makeHandler, write }) => {
    await write.task('l', 't')
    const project = vi.fn<(record: CruxRecord) => object>(({ value }) => ({
      label: 'label' in value ? value.label : '',
    }))
    const stream = await follow(makeHandler({ project }))
    await stream.untilReady()
    await write.task('l', 't', { removedAt: 7, label: 'hunter2' }, 'removed')
    expect(partsOf(await stream.untilChange('l/t'))[0]).toMatchObject({
      event: 'removed',
      value: { removedAt: 7 },
    })
    expect(stream.text()).not.toContain('hunter2')
  })

  test('LIVE-12 a client whose role changed starts from a snapshot', async ({ makeHandler, write }) => {
    await write.plan('b', { title: 'secret' })
    const handler = makeHandler(roles)
    const cursor = (await (await follow(handler, asRole('admin'))).untilReady()).at(-1)?.id
    const same = await (await follow(handler, asRole('admin', cursor))).untilReady()
    expect(partsOf(same)).toEqual([])
    expect(same.map(({ data }) => data)).not.toContainEqual({ phase: 'reset' })
    const demoted = await (await follow(handler, asRole('guest', cursor))).untilReady()
    expect(demoted.map(({ data }) => data)).toContainEqual({ phase: 'reset' })
    expect(partsOf(demoted)).toEqual([])
  })

  test('LIVE-12 a cursor of a handler with view keys is of no use to one without, and the other way round', async ({
    makeHandler,
  }) => {
    const plain = makeHandler()
    const keyed = makeHandler({ viewKey: () => 'admin' })
    const plainCursor = (await (await follow(plain)).untilReady()).at(-1)?.id
    const keyedCursor = (await (await follow(keyed)).untilReady()).at(-1)?.id
    const startsOver = async (handler: typeof plain, cursor: string | undefined) => {
      const frames = await (await follow(handler, comingFrom(cursor))).untilReady()
      return frames.some(({ text }) => text.includes('"phase":"reset"'))
    }
    expect(await startsOver(plain, keyedCursor)).toBe(true)
    expect(await startsOver(keyed, plainCursor)).toBe(true)
    expect(await startsOver(keyed, keyedCursor)).toBe(false)
  })

  test('LIVE-18 a value that project gives back as it is shares one encoding', async ({
    makeHandler,
    write,
  }) => {
    const encoded = vi.spyOn(JSON, 'stringify')
    const handler = makeHandler({ project: ({ value }) => value, progressWindowMs: 0 })
    const streams = await Promise.all(Array.from({ length: 10 }, () => follow(handler)))
    for (const stream of streams) await stream.untilReady()
    encoded.mockClear()
    await write.plan('a')
    for (const stream of streams) await stream.untilChange('a')
    const parts = encoded.mock.calls.filter(([value]) => isPart(value))
    encoded.mockRestore()
    expect(parts).toHaveLength(1)
  })

  test('LIVE-11 a client that sees little still gets the newest cursor', async ({ makeHandler, write }) => {
    const handler = makeHandler({ ...roles })
    const stream = await follow(handler, asRole('guest'))
    await stream.untilReady()
    await write.commit(
      planChange('a', { title: 'open' }),
      planChange('b', { title: 'secret' }),
      taskChange('l', 't'),
    )
    const frames = await stream.untilChange('l/t')
    expect(frames.map(({ id }) => id?.split('.')[1])).toEqual([undefined, undefined, '3'])
  })
})
