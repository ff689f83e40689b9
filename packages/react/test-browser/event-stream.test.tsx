import { useEventStream, type EventStreamHookOptions, type StreamEvent } from '@crux/react'
import { cleanup, render } from '@testing-library/react'
import { Profiler, StrictMode, type ReactElement } from 'react'
import { afterEach, expect, inject, test } from 'vitest'

const liveUrl = inject('liveUrl')

// RTL makes React wait for `act` otherwise.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })

afterEach(cleanup)

/** A route on the live server, and what the server saw of this page. */
function openPage(name: string) {
  const page = crypto.randomUUID()
  return {
    url: `${liveUrl}/events/${name}?page=${page}`,
    drop: () => fetch(`${liveUrl}/events/drop?page=${page}`),
    seen: async (): Promise<{ asked: string[]; held: number }> =>
      (await fetch(`${liveUrl}/events/log?page=${page}`)).json(),
  }
}

/** Shows what the hook gives. */
function Events({ url, options }: { readonly url: string; readonly options?: EventStreamHookOptions }) {
  const { status, data, events, lastEventId, error } = useEventStream(url, {
    backoff: { baseMs: 10 },
    ...options,
  })
  return <p>{[status, JSON.stringify(data), events.length, lastEventId, error?.code].join(' ').trim()}</p>
}

function show(element: ReactElement) {
  let commits = 0
  const { container, unmount } = render(
    <Profiler id="events" onRender={() => (commits += 1)}>
      {element}
    </Profiler>,
  )
  return { shown: () => container.textContent, commits: () => commits, unmount }
}

/** How many animation frames there were since. */
function countFrames() {
  let frames = 0
  const next = () => {
    frames += 1
    requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
  return () => frames
}

test('SSE-42 (A10) 1,000 events of a server are heard one by one, and rendered once per frame at most', async () => {
  const { url, seen } = openPage('burst')
  const frames = countFrames()
  const heard: StreamEvent[] = []
  const { shown, commits } = show(<Events url={url} options={{ onEvent: (event) => heard.push(event) }} />)
  await expect.poll(shown).toBe('live {"n":999} 100 999')
  expect(heard).toEqual(
    Array.from({ length: 1_000 }, (_, n) => ({ event: 'row', data: { n }, id: String(n) })),
  )
  // Beside those of frames: the mount, the opening, the first event after quiet, and where a frame is late.
  expect(commits()).toBeLessThanOrEqual(frames() + 10)
  expect(commits()).toBeLessThan(500)
  expect((await seen()).asked).toEqual(['GET burst'])
})

test.each(['header', 'query'] as const)(
  'SSE-46 a connection that is cut goes on after the last id, told in the %s, and ends where the server says so',
  async (lastEventIdIn) => {
    const { url, seen, drop } = openPage('cut')
    const { shown } = show(<Events url={url} options={{ lastEventIdIn }} />)
    await expect.poll(shown).toBe('live "before" 1 grün 2')
    await drop()
    const bytes = new TextEncoder().encode('grün 2')
    // A header arrives as one character per byte.
    const told = lastEventIdIn === 'query' ? 'grün 2' : String.fromCharCode(...bytes)
    await expect.poll(shown).toBe(`ended ${JSON.stringify(`after ${told}`)} 2 grün 2`)
    // The header is asked about beforehand, since the server is of another origin.
    const preflight = lastEventIdIn === 'query' ? [] : ['OPTIONS cut']
    expect((await seen()).asked).toEqual(['GET cut', ...preflight, `GET cut ${told}`])
  },
)

test('SSE-38 (A10) until stops a stream that its server would hold for ever', async () => {
  const { url, seen } = openPage('complete')
  const { shown } = show(<Events url={url} options={{ until: ['complete'] }} />)
  await expect.poll(shown).toBe('ended {"n":2} 2')
  await expect.poll(async () => (await seen()).held).toBe(0)
  expect((await seen()).asked).toEqual(['GET complete'])
})

test('SSE-48 (A10) StrictMode sends one request; unmounting lets go of it', async () => {
  const { url, seen } = openPage('quiet')
  const { shown, unmount } = show(
    <StrictMode>
      <Events url={url} />
    </StrictMode>,
  )
  await expect.poll(shown).toBe('live  0')
  expect(await seen()).toEqual({ asked: ['GET quiet'], held: 1 })
  unmount()
  await expect.poll(async () => (await seen()).held).toBe(0)
  expect((await seen()).asked).toEqual(['GET quiet'])
})

test('SSE-47 an object is posted as JSON, once', async () => {
  const { url, seen } = openPage('echo')
  const { shown } = show(<Events url={url} options={{ body: { prompt: 'Grüße' } }} />)
  await expect.poll(shown).toBe('ended {"prompt":"Grüße"} 1')
  expect((await seen()).asked).toEqual(['OPTIONS echo', 'POST echo'])
})

test('SSE-45 a page that is no event stream is an error', async () => {
  const { shown } = show(<Events url={`${liveUrl}/events/log`} />)
  await expect.poll(shown).toBe('failed  0  bad-content-type')
})
