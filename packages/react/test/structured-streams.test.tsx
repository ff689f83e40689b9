import { StreamError, type Chunk, type StreamEnd, type StructuredStreamError } from '@crux/core/structured'
import { useStructuredStreams, type StructuredStreamsOptions } from '@crux/react'
import { act, renderHook } from '@testing-library/react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const set = (streamId: string, path = 'a', value: number | string = 1): Chunk => ({
  type: 'structured-data',
  streamId,
  dataType: 't',
  kind: 'set',
  path,
  value,
})
const delta = (streamId: string, text: string): Chunk => ({
  type: 'structured-data',
  streamId,
  dataType: 't',
  kind: 'text-delta',
  path: 'body',
  delta: text,
})

const nextFrame = () => act(() => new Promise<void>((resolve) => void requestAnimationFrame(() => resolve())))

function render(options?: StructuredStreamsOptions) {
  let renders = 0
  const rendered = renderHook(() => {
    renders++
    return useStructuredStreams<Record<string, unknown>>(options)
  })
  return { ...rendered, count: () => renders, now: () => rendered.result.current }
}

test('STR-44 items stand in order, keep their ids, and only what changed is new', async () => {
  let made = 0
  const { now } = render({ createId: (streamId) => `${streamId}-${made++}` })
  const first = now()
  act(() => {
    for (const streamId of ['b', '__proto__', 'a']) now().applyStreamChunk(set(streamId))
  })
  await nextFrame()
  const before = now()
  expect(before.items.map(({ id }) => id)).toEqual(['b-0', '__proto__-1', 'a-2'])
  expect(Object.getPrototypeOf(before.byStreamId)).toBeNull()
  expect(Object.keys(before.byStreamId)).toEqual(['b', '__proto__', 'a'])
  act(() => void now().applyStreamChunk(set('a', 'b')))
  await nextFrame()
  const after = now()
  expect(after.items.map(({ id }) => id)).toEqual(['b-0', '__proto__-1', 'a-2'])
  expect(after.items[0]).toBe(before.items[0])
  expect(after.items[2]?.state.data).toEqual({ a: 1, b: 1 })
  expect(after.byStreamId['a']).toBe(after.items[2])
  for (const name of ['applyStreamChunk', 'applyStream', 'get', 'delete', 'clear'] as const)
    expect(after[name]).toBe(first[name])
})

test('STR-45 CLI-12 thousands of chunks render a few times, and nothing is lost', async () => {
  const { now, count } = render()
  await act(async () => {
    for (let n = 0; n < 5_000; n++) {
      now().applyStreamChunk(delta('s', 'x'))
      if (n % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  })
  await nextFrame()
  await nextFrame()
  expect(now().items[0]?.state.data).toEqual({ body: 'x'.repeat(5_000) })
  expect(count()).toBeLessThan(50)
})

test('STR-45 what happens in one go is shown as a whole', async () => {
  const views: number[] = []
  const { result } = renderHook(() => {
    const hook = useStructuredStreams({ initialChunks: [set('a'), set('b')] })
    views.push(hook.items.length)
    return hook
  })
  await act(async () => {
    result.current.clear()
    for (const streamId of ['c', 'd', 'e']) result.current.applyStreamChunk(set(streamId))
  })
  await nextFrame()
  expect(views).toEqual([2, 3])
})

test('STR-45 get is ahead of the render, and other chunks are ignored', async () => {
  const { now, count } = render()
  await act(async () => {
    expect(now().applyStreamChunk(set('s'))).toBe(now().get('s'))
    now().applyStreamChunk(set('s', 'b'))
    expect(now().get('s')?.state.data).toEqual({ a: 1, b: 1 })
  })
  await nextFrame()
  expect(now().items[0]).toBe(now().get('s'))
  const renders = count()
  for (const other of [
    { type: 'done' },
    { type: 'app.x', streamId: 's' },
    { type: 'error', message: 'turn' },
  ] as Chunk[])
    expect(now().applyStreamChunk(other)).toBeUndefined()
  await nextFrame()
  expect(count()).toBe(renders)
})

test('STR-45 a hidden page is not waited for, and no frame that was asked for before', async () => {
  const { now } = render()
  const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible')
  const frame = vi.spyOn(globalThis, 'requestAnimationFrame').mockReturnValue(0)
  await act(async () => void now().applyStreamChunk(set('s')))
  expect(frame).toHaveBeenCalledTimes(1)
  visibility.mockReturnValue('hidden')
  for (const path of ['b', 'c']) await act(async () => void now().applyStreamChunk(set('s', path)))
  expect(now().items[0]?.state.data).toEqual({ a: 1, b: 1, c: 1 })
})

test('STR-45 what is no chunk at all is an error, and throws nothing', async () => {
  const { now } = render()
  act(() => {
    for (const nothing of [null, undefined, 5, 'text'])
      expect(now().applyStreamChunk(nothing as unknown as Chunk)).toBeUndefined()
  })
  await nextFrame()
  expect(now().errors.map(({ code }) => code)).toEqual(Array.from({ length: 4 }, () => 'malformed-chunk'))
})

/** A turn that gives these chunks and then ends as it is told to. */
async function* turn(chunks: readonly Chunk[], end: StreamEnd | Error): AsyncGenerator<Chunk, StreamEnd> {
  yield* chunks
  if (end instanceof Error) throw end
  return end
}

test.each<[string, StreamEnd | Error, unknown]>([
  ['done', 'done', 'done'],
  ['said to have failed', 'failed', 'failed'],
  ['aborted', 'aborted', 'aborted'],
  ['cut', new StreamError('truncated', 'cut'), 'failed'],
])(
  'STR-45 STR-52 however a turn ends, here %s, what it left unfinished is incomplete',
  async (_how, end, resolved) => {
    const { now } = render({ initialChunks: [set('older')] })
    const final = { ...delta('whole', ''), kind: 'final', data: { a: 2 } } as Chunk
    const status: Chunk = { type: 'status', message: 'm' }
    const chunks = [set('open'), status, set('whole'), set('broken', '..'), set('deleted'), final]
    const told: unknown[] = []
    const onError = vi.fn<(error: StreamError, chunk?: Chunk) => void>()
    await act(async () => {
      const ended = now().applyStream(turn(chunks, end), {
        onError,
        onChunk: (chunk) => {
          const streamId = String(Reflect.get(chunk, 'streamId'))
          // Each chunk has been applied when it is told.
          told.push([streamId, now().get(streamId)?.state.status])
          if (streamId === 'deleted') now().delete('deleted')
        },
      })
      expect(await ended).toBe(resolved)
    })
    expect(told).toEqual([
      ['open', 'streaming'],
      ['undefined', undefined],
      ['whole', 'streaming'],
      ['broken', 'error'],
      ['deleted', 'streaming'],
      ['whole', 'done'],
    ])
    await nextFrame()
    expect(now().items.map(({ streamId, state }) => [streamId, state.status])).toEqual([
      ['older', 'streaming'],
      ['open', 'error'],
      ['whole', 'done'],
      ['broken', 'error'],
    ])
    expect(now().get('open')?.state).toMatchObject({ data: { a: 1 }, error: { code: 'incomplete' } })
    expect(now().get('broken')?.state).toMatchObject({ error: { code: 'malformed-path' } })
    expect(onError).toHaveBeenCalledTimes(resolved === 'failed' ? 1 : 0)
  },
)

test('STR-43 STR-45 a turn that fails unheard rejects, and one that is stopped is left', async () => {
  const { now } = render()
  const cut = new StreamError('truncated', 'cut')
  await act(async () => {
    await expect(now().applyStream(turn([set('a')], cut))).rejects.toBe(cut)
    const stopped = now().applyStream(turn([set('b'), set('c')], 'done'), { onChunk: () => false })
    expect(await stopped).toBe('stopped')
  })
  await nextFrame()
  expect(now().items.map(({ streamId, state }) => [streamId, state.status])).toEqual([
    ['a', 'error'],
    ['b', 'error'],
  ])
})

test('STR-45 a turn that ends late leaves alone what another one has begun anew', async () => {
  const { now } = render()
  let abort = () => {}
  const aborted = new Promise<void>((resolve) => {
    abort = resolve
  })
  async function* slow(): AsyncGenerator<Chunk, StreamEnd> {
    yield set('s', 'a', 'old')
    await aborted
    return 'aborted'
  }
  await act(async () => {
    const old = now().applyStream(slow())
    await expect.poll(() => now().get('s')).toBeDefined()
    now().clear()
    now().applyStreamChunk(set('s', 'a', 'new'))
    abort()
    expect(await old).toBe('aborted')
  })
  expect(now().get('s')?.state).toMatchObject({ status: 'streaming', data: { a: 'new' } })
})

test('STR-46 bad chunks are errors, the newest 50, and onError hears of each', async () => {
  const heard: StructuredStreamError[] = []
  const { now } = render({ onError: (error) => heard.push(error) })
  act(() => {
    now().applyStreamChunk(set('s'))
    now().applyStreamChunk(set('s', 'a..b'))
    for (let n = 1; n < 60; n++) now().applyStreamChunk(set(`s${n}`, '..'))
    now().applyStreamChunk({ type: 'error', streamId: 'other', dataType: 't', code: 'c', message: 'm' })
  })
  await nextFrame()
  expect(heard).toHaveLength(60)
  expect(now().errors).toEqual(heard.slice(-50))
  expect(now().byStreamId['s']?.state).toMatchObject({ status: 'error', data: { a: 1 } })
  expect(now().byStreamId['other']?.state).toMatchObject({
    status: 'error',
    error: { code: 'c', message: 'm' },
  })
})

test('STR-46 an onError that throws is reported, and errors of the first chunks are only kept', async () => {
  const reported = vi.fn<(error: unknown) => void>()
  vi.stubGlobal('reportError', reported)
  const mine = new Error('mine')
  const onError = vi.fn<() => void>(() => {
    throw mine
  })
  const { now } = render({ onError, initialChunks: [set('s', '..')] })
  expect(now().errors.map(({ code }) => code)).toEqual(['malformed-path'])
  expect(onError).not.toHaveBeenCalled()
  act(() => void now().applyStreamChunk(set('s2', '..')))
  expect(reported).toHaveBeenCalledWith(mine)
})

test('STR-46 it is the newest onError that hears', () => {
  const [first, second] = [vi.fn<() => void>(), vi.fn<() => void>()]
  const { result, rerender } = renderHook((onError: () => void) => useStructuredStreams({ onError }), {
    initialProps: first,
  })
  rerender(second)
  act(() => void result.current.applyStreamChunk(set('s', '..')))
  expect(first).not.toHaveBeenCalled()
  expect(second).toHaveBeenCalledTimes(1)
})

test('STR-47 a deleted stream stays away until clear', async () => {
  const { now } = render({ initialChunks: [set('s')] })
  expect(now().items).toHaveLength(1)
  act(() => {
    expect(now().delete('s')).toBe(true)
    expect(now().delete('s')).toBe(false)
    expect(now().applyStreamChunk(set('s', '..'))).toBeUndefined()
  })
  await nextFrame()
  expect(now()).toMatchObject({ items: [], errors: [] })
  act(() => {
    now().applyStreamChunk(set('other', '..'))
    expect(
      now().applyStreamChunk({ type: 'error', streamId: 's', dataType: 't', message: 'm' }),
    ).toBeUndefined()
  })
  await nextFrame()
  expect(now().errors).toHaveLength(1)
  act(() => now().clear())
  await nextFrame()
  expect(now()).toMatchObject({ items: [], errors: [] })
  act(() => void now().applyStreamChunk(set('s', 'b')))
  await nextFrame()
  expect(now().items[0]?.state.data).toEqual({ b: 1 })
})

test('STR-16 STR-47 a deleted stream does not count', async () => {
  const { now } = render({ limits: { maxStreams: 1 } })
  act(() => {
    now().applyStreamChunk(set('a'))
    now().applyStreamChunk(set('b'))
    now().delete('a')
    now().applyStreamChunk(set('c'))
  })
  await nextFrame()
  expect(now().items.map(({ streamId }) => streamId)).toEqual(['c'])
  expect(now().errors.map(({ code }) => code)).toEqual(['limit-exceeded'])
})

function Page() {
  const { items } = useStructuredStreams({ initialChunks: [set('s', 'a', 'first')] })
  return <p>{items.map(({ state }) => JSON.stringify(state.data)).join()}</p>
}

test('STR-47 the first chunks are there on the server, and the browser agrees', async () => {
  const warned = vi.spyOn(console, 'error')
  const page = (
    <StrictMode>
      <Page />
    </StrictMode>
  )
  const container = document.createElement('div')
  container.innerHTML = renderToString(page)
  expect(container.textContent).toBe('{"a":"first"}')
  const root = await act(async () => hydrateRoot(container, page))
  expect(container.textContent).toBe('{"a":"first"}')
  expect(warned).not.toHaveBeenCalled()
  act(() => root.unmount())
})
