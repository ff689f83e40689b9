import { expect, inject, onTestFinished, test, vi } from 'vitest'

/** A native EventSource, and what it has heard. */
function listen(route: string, isListeningToEnd: boolean) {
  const key = crypto.randomUUID()
  const source = new EventSource(`${inject('eventsUrl')}/${route}?key=${key}`)
  onTestFinished(() => source.close())
  const heard: string[] = []
  const note = ({ type, data, lastEventId }: MessageEvent<string>) => {
    heard.push(`${type} ${lastEventId} ${data}`)
  }
  for (const type of ['message', 'row', 'stream-error']) source.addEventListener(type, note)
  if (isListeningToEnd)
    source.addEventListener('end', (event) => {
      note(event)
      if (event.lastEventId === 'sse:end') source.close()
    })
  const visits = async (): Promise<string[]> =>
    (await fetch(`${inject('eventsUrl')}/visits?key=${key}`)).json()
  return { source, heard, visits }
}

const untilClosed = (source: EventSource) =>
  vi.waitUntil(() => source.readyState === EventSource.CLOSED, { timeout: 20_000 })

const rows = ['é1', '漢2', '😀3'].map((id) => `row ${id} {"id":"${id}"}`)

test('SSE-14 SSE-20 SSE-23 a native EventSource gets named events with their ids, and a finite stream is not run again', async () => {
  const { source, heard, visits } = listen('finite', false)
  await untilClosed(source)
  expect(heard).toEqual([...rows, 'message 😀3 two\nlines'])
  expect(await visits()).toEqual([''])
})

test('SSE-19 SSE-20 one that listens to the end closes at it', async () => {
  const { source, heard, visits } = listen('finite', true)
  await untilClosed(source)
  expect(heard.at(-1)).toBe('end sse:end {"reason":"complete"}')
  expect(await visits()).toEqual([''])
})

test('SSE-4 SSE-21 one that was sent away comes back with its last id, until the end', async () => {
  const { source, heard, visits } = listen('interrupted', false)
  await untilClosed(source)
  expect(heard).toEqual(rows)
  expect(await visits()).toEqual(['', 'é1', '漢2', '😀3'])
})

test('SSE-18 SSE-20 with reconnectOnError one comes back after an error, and hears no secret', async () => {
  const { source, heard, visits } = listen('failing', false)
  await untilClosed(source)
  expect(heard).toEqual(['row é1 {}', 'stream-error é1 {"code":"internal","message":"The stream failed."}'])
  expect(await visits()).toEqual(['', 'é1'])
})
