import { describe, expect } from 'vitest'
import { partsOf, withoutEpoch } from '../support/read-frames.ts'
import { follow, test } from '../support/live-test.ts'
import { taskChange } from '../support/writer.ts'

describe('a new client', () => {
  test('LIVE-10 LIVE-14 LIVE-15 a late joiner gets everything, then ready, then changes', async ({
    makeHandler,
    write,
  }) => {
    await write.plan('plan-1', { title: 'My Plan' })
    const stream = await follow(makeHandler())
    await stream.untilReady()
    await write.plan('plan-1', { title: 'Our Plan', version: 2 })
    await stream.untilChange('plan-1', 2)

    expect(Object.fromEntries(stream.response.headers)).toEqual({
      'cache-control': 'no-cache, no-transform',
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    })
    expect(withoutEpoch(stream.text())).toMatchInlineSnapshot(`
      "retry: 1000

      :

      event: crux-sync
      data: {"phase":"reset"}

      event: data-crux
      data: {"entity":"plan","key":"plan-1","value":{"id":"plan-1","title":"My Plan","content":"First build it, then ship it.","version":1,"createdAt":1767225600000,"updatedAt":1767225600000},"event":"updated","revision":1}

      event: crux-sync
      id: epoch.1
      data: {"phase":"ready","heartbeatMs":15000}

      event: data-crux
      id: epoch.2
      data: {"entity":"plan","key":"plan-1","value":{"id":"plan-1","title":"Our Plan","content":"First build it, then ship it.","version":2,"createdAt":1767225600000,"updatedAt":1767225600000},"event":"updated","revision":2}

      "
    `)
  })

  test('LIVE-10 an empty scope is said to be empty', async ({ makeHandler }) => {
    const stream = await follow(makeHandler({ retryMs: 250, heartbeatMs: 0 }))
    await stream.untilReady()
    expect(withoutEpoch(stream.text())).toMatchInlineSnapshot(`
      "retry: 250

      :

      event: crux-sync
      data: {"phase":"reset"}

      event: crux-sync
      id: epoch.0
      data: {"phase":"ready","heartbeatMs":0}

      "
    `)
  })

  test('LIVE-10 a removed task is left out of a snapshot and taken back from those who have it', async ({
    makeHandler,
    write,
  }) => {
    await write.commit(taskChange('list', 'a'), taskChange('list', 'b'))
    const handler = makeHandler()
    const early = await follow(handler)
    await early.untilReady()
    await write.task('list', 'a', { removedAt: 5 }, 'removed')
    const [removal] = partsOf(await early.untilChange('list/a', 2))
    expect(removal).toMatchObject({ event: 'removed', value: { removedAt: 5 } })

    const late = await follow(handler)
    expect(partsOf(await late.untilReady()).map(({ key }) => key)).toEqual(['list/b'])
  })
})
