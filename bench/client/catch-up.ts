import { createCrux, inMemoryCruxStore, type CruxStore } from '@crux/core'
import { createSSETransport, CruxProvider, useTask } from '@crux/react'
import { cruxSSEHandler } from '@crux/server'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { commitCount } from './browser-page.ts'
import type { RecordSample } from './client-bench.ts'

const taskCount = 1_000

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2_000) throw new Error('It did not come about.')
    await new Promise((resolve) => void setTimeout(resolve, 5))
  }
}

/** A list on a server, and a page that shows each of its tasks; the connection can be cut. */
async function openPage() {
  const store = inMemoryCruxStore()
  const tasks = Array.from({ length: taskCount }, (_, index) => ({
    id: `t${index}`,
    label: `Build part ${index} of the site`,
  }))
  const list = await createCrux({ store }).tasklist({ id: 'work', tasks })
  await list.startTask('t0')

  const handler = cruxSSEHandler({ store, progressWindowMs: 0 })
  let cut = () => {}
  let isCut = false
  let bytes = 0
  const fetch = async (input: string | URL | Request, init?: RequestInit) => {
    if (isCut) throw new TypeError('There is no network.')
    const { body, headers, status } = await handler(new Request(input, init))
    if (!body) throw new Error(`The server answered ${status} without a body.`)
    bytes = 0
    const wire = new TransformStream<Uint8Array, Uint8Array>({
      start: (controller) => {
        cut = () => controller.error(new TypeError('The network is gone.'))
      },
      transform(piece, controller) {
        bytes += piece.length
        controller.enqueue(piece)
      },
    })
    return new Response(body.pipeThrough(wire), { status, headers })
  }

  function Row({ id }: { readonly id: string }) {
    return createElement('li', null, `${useTask('work', id)?.percent ?? 0};`)
  }
  const transport = createSSETransport('https://bench.test/live', { fetch, backoff: { baseMs: 1, maxMs: 5 } })
  const container = document.createElement('ul')
  const root = createRoot(container)
  root.render(
    createElement(
      CruxProvider,
      { transport },
      tasks.map(({ id }) => createElement(Row, { key: id, id })),
    ),
  )
  const shows = (percent: number) => container.textContent === `${percent};`.repeat(taskCount)
  await until(() => shows(0))
  return {
    store,
    bytes: () => bytes,
    shows,
    cut() {
      isCut = true
      cut()
    },
    restore() {
      isCut = false
    },
    async close() {
      root.unmount()
      handler.close()
      await store.close()
    },
  }
}

/** Sets the percent of every task, in commits of 100. */
async function setAll(store: CruxStore, percent: number): Promise<void> {
  for (let from = 0; from < taskCount; from += 100) {
    const keys = Array.from({ length: 100 }, (_, index) => `work/t${from + index}`)
    const records = await Promise.all(keys.map((key) => store.get({ entity: 'task', key })))
    await store.commit(
      records.map((record) => {
        if (!record) throw new Error('A task is gone.')
        const { key, revision, value } = record
        return { entity: 'task', key, value: { ...value, percent }, event: 'updated', ifRevision: revision }
      }),
    )
  }
}

/** The JSON of the parts of all tasks, each once, in bytes. */
async function changedBytes(store: CruxStore): Promise<number> {
  let bytes = 0
  for (let index = 0; index < taskCount; index++) {
    const record = await store.get({ entity: 'task', key: `work/t${index}` })
    if (!record) throw new Error('A task is gone.')
    const { entity, key, value, event, revision } = record
    bytes += Buffer.byteLength(JSON.stringify({ entity, key, value, event, revision }))
  }
  return bytes
}

const settled = () => new Promise((resolve) => void setTimeout(resolve, 100))

/** 10,000 changes of 1,000 tasks while the network was gone, and 1,000 changes at once (PERF-23). */
export async function benchCatchUp(record: RecordSample): Promise<void> {
  const page = await openPage()
  page.cut()
  for (let percent = 1; percent <= 10; percent++) await setAll(page.store, percent)
  await settled()
  const before = commitCount()
  page.restore()
  await until(() => page.shows(10))
  await settled()
  const commits = commitCount() - before
  const wanted = await changedBytes(page.store)
  record('PERF-23', 'catching up 10,000 changes of 1,000 tasks: commits of React', commits, {
    unit: 'commits',
    atMost: 1,
  })
  record('PERF-23', 'catching up, bytes ÷ the parts of the changed tasks, each once', page.bytes() / wanted, {
    atMost: 1.1,
  })
  await page.close()
}
