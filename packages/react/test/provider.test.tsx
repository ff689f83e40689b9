import { createCruxClient } from '@crux/core/client'
import {
  createMockTransport,
  CruxProvider,
  useCruxClient,
  useCruxConnection,
  usePlan,
  usePlans,
  useTask,
  useTaskIds,
  useTaskList,
  useTaskListProgress,
  useTaskLists,
  useTasks,
} from '@crux/react'
import { act, cleanup, render, renderHook, screen } from '@testing-library/react'
import { StrictMode } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change } from './change.ts'
import { aPlan } from './entities.ts'
import { createManualTransport, type ManualTransport } from './manual-transport.ts'
import { planPart } from './parts.ts'
import { renderWith, withClient } from './render-with.tsx'

afterEach(cleanup)

function Title({ id }: { id: string }) {
  const plan = usePlan(id)
  return <h1>{plan === undefined ? 'loading' : (plan?.title ?? 'none')}</h1>
}

const heading = () => screen.getByRole('heading').textContent

describe('a transport', () => {
  test('a plan reaches the page', async () => {
    const transport = createMockTransport({ plans: [aPlan('p', { title: 'Launch' })] })
    render(
      <CruxProvider transport={transport}>
        <Title id="p" />
      </CruxProvider>,
    )
    expect(heading()).toBe('Launch')
    await change(() => transport.set('plan', aPlan('p', { title: 'Landing', version: 2 })))
    expect(heading()).toBe('Landing')
    await change(() => transport.remove('plan', 'p'))
    expect(heading()).toBe('none')
  })

  test('RCT-5 made inline in render, it neither loops nor reconnects: the first is kept', async () => {
    const made: ManualTransport[] = []
    const make = () => {
      const transport = createManualTransport()
      made.push(transport)
      return transport
    }
    const App = () => (
      <CruxProvider transport={make()}>
        <Title id="p" />
      </CruxProvider>
    )
    const { rerender } = render(<App />)
    for (let count = 0; count < 5; count += 1) rerender(<App />)
    expect(made).toHaveLength(6)
    expect(made.map(({ connects }) => connects)).toEqual([1, 0, 0, 0, 0, 0])
    await change(() => made[0]?.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
    expect(heading()).toBe('Launch')
  })

  test('of kind stream, each one that the provider is rendered with is connected to the same client', async () => {
    const [first, second] = [createManualTransport('stream'), createManualTransport('stream')]
    const app = (transport: ManualTransport) => (
      <CruxProvider transport={transport}>
        <Title id="a" />
        <Title id="b" />
      </CruxProvider>
    )
    const { rerender } = render(app(first))
    rerender(app(second))
    rerender(app(second))
    expect([first.connects, second.connects]).toEqual([1, 1])
    await change(() => first.sink.apply([planPart(aPlan('a', { title: 'A' }))]))
    await change(() => second.sink.apply([planPart(aPlan('b', { title: 'B' }))]))
    expect(screen.getAllByRole('heading').map(({ textContent }) => textContent)).toEqual(['A', 'B'])
  })
})

describe('mounting and unmounting', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const elapse = (ms: number, make = () => {}) =>
    act(async () => {
      make()
      await vi.advanceTimersByTimeAsync(ms)
    })

  test('RCT-5 under StrictMode it connects once', async () => {
    const transport = createManualTransport()
    render(
      <StrictMode>
        <CruxProvider transport={transport}>
          <Title id="p" />
        </CruxProvider>
      </StrictMode>,
    )
    await elapse(50, () => transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
    expect(heading()).toBe('Launch')
    await elapse(5_000)
    expect(transport).toMatchObject({ connects: 1, isConnected: true })
  })

  test('a provider without hooks below it is connected, and disconnects a second after it is gone', async () => {
    const transport = createManualTransport()
    const { unmount } = render(<CruxProvider transport={transport} />)
    expect(transport.isConnected).toBe(true)
    unmount()
    await elapse(900)
    expect(transport.isConnected).toBe(true)
    await elapse(200)
    expect(transport.isConnected).toBe(false)
  })

  test('a new provider of the same transport goes on with what was known', async () => {
    const transport = createManualTransport()
    const app = (
      <CruxProvider transport={transport}>
        <Title id="p" />
      </CruxProvider>
    )
    const { unmount } = render(app)
    await elapse(50, () => transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
    unmount()
    await elapse(5_000)
    render(app)
    expect(heading()).toBe('Launch')
    expect(transport.connects).toBe(2)
  })

  test('a new provider that brings a newer state of its own shows that, once the old one is disconnected', async () => {
    const transport = createManualTransport()
    const app = (title: string) => (
      <CruxProvider
        transport={transport}
        initialState={{ parts: [planPart(aPlan('p', { title }))], isReady: true }}
      >
        <Title id="p" />
      </CruxProvider>
    )
    const first = render(app('Launch'))
    first.unmount()
    const second = render(app('Too early'))
    expect(heading()).toBe('Launch')
    second.unmount()
    await elapse(5_000)
    render(app('Landing'))
    expect(heading()).toBe('Landing')
  })
})

describe('a client', () => {
  test('made elsewhere, it is used as it is, and another one takes its place', () => {
    const [first, second] = ['First', 'Second'].map((title) =>
      createCruxClient({
        transport: createManualTransport(),
        initialState: { parts: [planPart(aPlan('p', { title }))], isReady: true },
      }),
    )
    if (!first || !second) throw new Error('Two clients were made.')
    const app = (client: typeof first) => (
      <CruxProvider client={client}>
        <Title id="p" />
      </CruxProvider>
    )
    const { rerender } = render(app(first))
    expect(heading()).toBe('First')
    rerender(app(second))
    expect(heading()).toBe('Second')
  })

  test('useCruxClient gives it', () => {
    const client = createCruxClient({ transport: createManualTransport() })
    expect(renderHook(useCruxClient, { wrapper: withClient(client) }).result.current).toBe(client)
  })
})

describe('the connection', () => {
  test('useCruxConnection gives status, error, lastSyncedAt and retry, and the same object until one changes', async () => {
    const { result, rerender, transport } = renderWith(() => useCruxConnection())
    expect(result.current).toEqual({
      status: 'connecting',
      error: undefined,
      lastSyncedAt: undefined,
      retry: expect.any(Function),
    })
    const before = Date.now()
    await change(() => transport.sink.ready())
    expect(result.current.status).toBe('live')
    expect(result.current.lastSyncedAt).toBeGreaterThanOrEqual(before)

    const live = result.current
    await change(() => transport.sink.apply([planPart(aPlan('p'))]))
    rerender(undefined)
    expect(result.current).toBe(live)

    const error = new Error('refused')
    await change(() => transport.sink.status('failed', error))
    expect(result.current).toMatchObject({ status: 'failed', error, retry: live.retry })
    await change(() => result.current.retry())
    expect(transport.retries).toBe(1)
    expect(result.current).toMatchObject({ status: 'connecting', error: undefined })
  })
})

test.each<[string, () => unknown]>([
  ['usePlan', () => usePlan('x')],
  ['usePlans', () => usePlans()],
  ['useTaskList', () => useTaskList('x')],
  ['useTaskLists', () => useTaskLists({ planId: 'x' })],
  ['useTasks', () => useTasks('x')],
  ['useTaskIds', () => useTaskIds('x')],
  ['useTask', () => useTask('x', 'y')],
  ['useTaskListProgress', () => useTaskListProgress('x')],
  ['useCruxConnection', () => useCruxConnection()],
  ['useCruxClient', () => useCruxClient()],
])('RCT-6 %s outside a provider throws and names the provider', (_, use) => {
  // React prints what a component throws.
  const print = vi.spyOn(console, 'error').mockImplementation(() => {})
  expect(() => renderHook(use)).toThrow('<CruxProvider>')
  print.mockRestore()
})
