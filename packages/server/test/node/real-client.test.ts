import { setTimeout } from 'node:timers/promises'
import type { Task } from '@crux/core'
import { createCruxClient, createSSETransport } from '@crux/core/client'
import { toNodeHandler } from '@crux/server'
import express from 'express'
import { describe, expect, onTestFinished, vi } from 'vitest'
import { cuttingProxy } from '../support/cutting-proxy.ts'
import { eventually } from '../../../../test/eventually.ts'
import { test } from '../support/live-test.ts'
import { listChange, planChange, taskChange } from '../support/writer.ts'

/** A client that is connected until the end of the test. */
function connect(url: string) {
  const client = createCruxClient({
    transport: createSSETransport(url, { backoff: { baseMs: 1, maxMs: 20 } }),
  })
  onTestFinished(() => client.close())
  client.subscribe('connection', () => {})
  return client
}

/** How often a connection is cut. */
const cutsWanted = Number(process.env['CRUX_RUNS'] ?? 30)

describe('with the client of @crux/core', () => {
  test('LIVE-10 LIVE-11 over Express: a snapshot, then batches, then the end', async ({
    makeHandler,
    listen,
    write,
  }) => {
    await write.commit(planChange('p'), listChange('l', { planId: 'p' }), taskChange('l', 'a'))
    const handler = makeHandler()
    const app = express()
    app.get('/events', toNodeHandler(handler))
    const { port } = await listen(app)
    const client = connect(`http://127.0.0.1:${port}/events`)
    await eventually(() => expect(client.getConnection().isReady).toBe(true))
    expect(client.getPlan('p')?.title).toBe('Launch the site')
    expect(client.getTasks('l').map(({ id }) => id)).toEqual(['a'])

    const renders: unknown[] = []
    client.subscribe({ tasksOf: 'l' }, () =>
      renders.push([client.getTask('l', 'a')?.status, client.getTaskList('l')?.status]),
    )
    await write.commit(
      taskChange('l', 'a', { status: 'completed', endedAt: 1 }, 'completed'),
      listChange('l', { planId: 'p', status: 'completed' }),
    )
    await eventually(() => expect(client.getTaskList('l')?.status).toBe('completed'))
    expect(renders).toEqual([['completed', 'completed']])

    handler.withdraw('')
    await eventually(() => expect(client.getConnection().status).toBe('ended'))
  })

  test('LIVE-16 a client of a handler that closes comes back to the next one', async ({
    makeHandler,
    listen,
    write,
  }) => {
    await write.plan('p')
    let handler = makeHandler({ retryMs: 1 })
    const { url } = await listen((req, res) => toNodeHandler(handler)(req, res))
    const client = connect(url)
    await eventually(() => expect(client.getConnection().status).toBe('live'))
    const old = handler
    handler = makeHandler({ retryMs: 1 })
    old.close()
    await write.plan('p', { title: 'Later' })
    await eventually(() => expect(client.getPlan('p')?.title).toBe('Later'))
    expect(handler.stats()).toEqual({ open: 1 })
  })

  test(
    'REL-1 connections that are cut at random bytes end in the state of the store, and show no revision twice',
    async ({ makeHandler, listen, write }) => {
      const handler = makeHandler({ retryMs: 1, progressWindowMs: 5 })
      const { port } = await listen(toNodeHandler(handler))
      let seed = 12_345
      const random = (max: number) => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
        return seed % max
      }
      const proxy = await cuttingProxy(port, () => 300 + random(6_000))
      const client = connect(`http://127.0.0.1:${proxy.port}/live`)
      const seen = new Map<string, Task>()
      let duplicates = 0
      client.subscribe({ tasksOf: 'l' }, () => {
        for (const task of client.getTasks('l')) {
          const before = seen.get(task.id)
          if (before !== undefined && before !== task && JSON.stringify(before) === JSON.stringify(task))
            duplicates++
          seen.set(task.id, task)
        }
      })
      let version = 0
      while (proxy.cuts() < cutsWanted) {
        version++
        await write.commit(
          taskChange('l', `t${version % 20}`, { attempt: version, label: `Attempt ${version}` }),
          planChange(`p${version % 3}`, { version }),
        )
        await setTimeout(2)
      }
      await vi.waitFor(
        () => {
          expect(client.getConnection().status).toBe('live')
          expect(client.getPlan(`p${version % 3}`)?.version).toBe(version)
        },
        { timeout: 20_000 },
      )
      for (let back = 0; back < 20; back++) {
        const at = version - back
        expect(client.getTask('l', `t${at % 20}`)?.attempt).toBe(at)
      }
      expect(duplicates).toBe(0)
    },
    30_000 + cutsWanted * 1_000,
  )
})
