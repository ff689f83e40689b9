import { createCruxClient, createSSETransport, openEventStream } from '@crux/core/client'
import { expect, onTestFinished, test, vi } from 'vitest'

/** An event stream that the browser itself serves, byte by byte its own fetch. */
function streamUrl(text: string, type = 'text/event-stream'): string {
  const url = URL.createObjectURL(new Blob([text], { type }))
  onTestFinished(() => URL.revokeObjectURL(url))
  return url
}

const theEnd = 'event: end\nid: sse:end\ndata: {"reason":"complete"}\n\n'

test("SSE-36 a stream is read with the browser's own fetch, also when that is handed in", async () => {
  for (const fetch of [undefined, window.fetch]) {
    const received: string[] = []
    const stream = openEventStream(streamUrl(`id: 1\ndata: é漢😀\n\n${theEnd}`), {
      fetch,
      onEvent: ({ data }) => received.push(data),
    })
    expect(await stream.closed).toBe('ended')
    expect(received).toEqual(['é漢😀'])
    expect(stream.getState().lastEventId).toBe('1')
  }
})

test('SSE-39 the online event of a real window ends the wait, and nothing listens afterwards', async () => {
  const added = [vi.spyOn(window, 'addEventListener'), vi.spyOn(document, 'addEventListener')]
  const removed = [vi.spyOn(window, 'removeEventListener'), vi.spyOn(document, 'removeEventListener')]
  onTestFinished(() => void vi.restoreAllMocks())
  const types = (spies: typeof added) => spies.map(({ mock }) => mock.calls.map(([type]) => type))
  let attempts = 0
  const stream = openEventStream('/nowhere', {
    backoff: { baseMs: 10 ** 9, maxMs: 10 ** 9 },
    fetch: async () => {
      attempts++
      throw new TypeError('offline')
    },
  })
  await expect.poll(() => stream.getState().status).toBe('reconnecting')
  window.dispatchEvent(new Event('online'))
  await expect.poll(() => attempts).toBe(2)
  stream.close()
  expect(types(added)).toEqual([['online'], ['visibilitychange']])
  expect(types(removed)).toEqual(types(added))
})

test('SSE-37 a page that is no event stream is fatal in a browser too', async () => {
  const stream = openEventStream(streamUrl('<p>Sign in</p>', 'text/html'))
  expect(await stream.closed).toBe('failed')
  expect(stream.getState().error).toMatchObject({ code: 'bad-content-type' })
})

test('CLI-1 a live store reaches the client, and the cursor goes as a header to the own origin', async () => {
  const plan = (revision: number, title: string) =>
    `event: data-crux\nid: e.${revision}\ndata: ${JSON.stringify({
      entity: 'plan',
      key: 'p1',
      event: 'updated',
      revision,
      value: { id: 'p1', title, content: '', version: revision, createdAt: 1, updatedAt: revision },
    })}\n\n`
  const sync = (phase: string) =>
    `event: crux-sync\nid: e.1\ndata: {"phase":"${phase}","heartbeatMs":15000}\n\n`
  const bodies = [
    sync('reset') + plan(1, 'First') + sync('ready'),
    `${plan(2, 'Second') + sync('ready')}event: crux-end\nid: sse:end\ndata: {"reason":"gone","reconnect":false}\n\n`,
  ]
  const cursors: (string | null)[] = []
  const transport = createSSETransport('/live?room=1', {
    backoff: { baseMs: 1 },
    fetch: async (_input, init) => {
      cursors.push(new Headers(init?.headers).get('last-event-id'))
      return fetch(streamUrl(bodies[cursors.length - 1] ?? ''))
    },
  })
  const client = createCruxClient({ transport })
  onTestFinished(client.close)
  onTestFinished(client.subscribe('connection', () => {}))
  await expect.poll(() => client.getConnection().status).toBe('ended')
  expect(client.getPlan('p1')?.title).toBe('Second')
  expect(client.getConnection()).toMatchObject({ isReady: true, dropped: 0 })
  expect(cursors).toEqual([null, 'e.1'])
})
