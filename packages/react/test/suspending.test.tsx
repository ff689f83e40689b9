import { CruxProvider, useCruxConnection, usePlan, useTask, useTasks } from '@crux/react'
import { act, cleanup, render, screen } from '@testing-library/react'
import { Component, StrictMode, Suspense, type ReactNode } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change } from './change.ts'
import { aList, aPlan, aTask } from './entities.ts'
import { createManualTransport } from './manual-transport.ts'
import { listPart, planPart, taskPart } from './parts.ts'

afterEach(cleanup)

const text = () => document.body.textContent?.trim()

function Title({ id }: { id: string }) {
  const plan = usePlan(id, { suspense: true })
  return <h1>{plan ? plan.title : 'none'}</h1>
}

class Boundary extends Component<{ children: ReactNode; retry?: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined }
  static getDerivedStateFromError(error: unknown) {
    return { error }
  }
  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <button onClick={() => this.setState({ error: undefined })}>
        {error instanceof Error ? error.message : 'failed'}
      </button>
    )
  }
}

describe('waiting', () => {
  test('RCT-2 it suspends until the entity is known', async () => {
    const transport = createManualTransport()
    render(
      <CruxProvider transport={transport}>
        <Suspense fallback="waiting">
          <Title id="p" />
        </Suspense>
      </CruxProvider>,
    )
    expect(text()).toBe('waiting')
    await change(() => transport.sink.apply([planPart(aPlan('other'))]))
    expect(text()).toBe('waiting')
    await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
    expect(text()).toBe('Launch')
    await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Landing' }))]))
    expect(text()).toBe('Landing')
  })

  test('RCT-2 it suspends until the server says that there is none', async () => {
    const transport = createManualTransport()
    render(
      <CruxProvider transport={transport}>
        <Suspense fallback="waiting">
          <Title id="p" />
        </Suspense>
      </CruxProvider>,
    )
    await change(() => transport.sink.ready())
    expect(text()).toBe('none')
  })

  test('RCT-2 it does not suspend when skipped, nor on a selection that is undefined', async () => {
    const transport = createManualTransport()
    function Page() {
      const skipped = usePlan(undefined, { suspense: true })
      const reason = usePlan('p', { suspense: true, select: (plan) => plan.discardReason })
      return <p>{`${typeof skipped} ${reason}`}</p>
    }
    render(
      <CruxProvider transport={transport}>
        <Suspense fallback="waiting">
          <Page />
        </Suspense>
      </CruxProvider>,
    )
    await change(() => transport.sink.apply([planPart(aPlan('p'))]))
    expect(text()).toBe('undefined undefined')
  })

  test('RCT-2 several hooks wait together', async () => {
    const transport = createManualTransport()
    function Page() {
      const plan = usePlan('p', { suspense: true })
      const tasks = useTasks('l', { suspense: true })
      const task = useTask('l', 'a', { suspense: true })
      return <p>{`${plan?.title} ${tasks?.length} ${task?.label}`}</p>
    }
    render(
      <CruxProvider transport={transport}>
        <Suspense fallback="waiting">
          <Page />
        </Suspense>
      </CruxProvider>,
    )
    await change(() => {
      transport.sink.apply([
        planPart(aPlan('p', { title: 'Launch' })),
        listPart(aList('l')),
        taskPart(aTask('l', 'a', { label: 'Build' })),
      ])
      transport.sink.ready()
    })
    expect(text()).toBe('Launch 1 Build')
  })

  test.each([
    ['', ({ children }: { children: ReactNode }) => children],
    [' under StrictMode', StrictMode],
  ])(
    'RCT-2 the boundary may stand above the provider%s: the transport finds its client again',
    async (_, Mode) => {
      const transport = createManualTransport()
      render(
        <Mode>
          <Suspense fallback="waiting">
            <CruxProvider transport={transport}>
              <Title id="p" />
            </CruxProvider>
          </Suspense>
        </Mode>,
      )
      expect(text()).toBe('waiting')
      // The wait subscribes after the render.
      await change(() => {})
      expect(transport.connects).toBe(1)
      await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
      expect(text()).toBe('Launch')
      expect(transport).toMatchObject({ connects: 1, isConnected: true })
    },
  )
})

describe('giving up', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('RCT-2 a wait lets go of the connection when its tree was dropped before it mounted', async () => {
    const transport = createManualTransport()
    const { unmount } = render(
      <Suspense fallback="waiting">
        <CruxProvider transport={transport}>
          <Title id="p" />
        </CruxProvider>
      </Suspense>,
    )
    for (let second = 0; second < 60; second += 1) await act(() => vi.advanceTimersByTimeAsync(1_000))
    expect(transport).toMatchObject({ connects: 1, isConnected: true })
    expect(text()).toBe('waiting')

    unmount()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(transport.isConnected).toBe(false)
  })
})

describe('failing', () => {
  beforeEach(() => {
    // React prints what reaches a boundary.
    vi.spyOn(console, 'error').mockImplementation(() => {})
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })

  test('RCT-2 the error of a connection that failed before anything was known goes to the boundary', async () => {
    const transport = createManualTransport()
    function Retry() {
      const { retry } = useCruxConnection()
      return <i onClick={retry}>retry</i>
    }
    render(
      <CruxProvider transport={transport}>
        <Retry />
        <Boundary>
          <Suspense fallback="waiting">
            <Title id="p" />
          </Suspense>
        </Boundary>
      </CruxProvider>,
    )
    await change(() => transport.sink.status('reconnecting', new Error('no network')))
    expect(text()).toBe('retrywaiting')
    await change(() => transport.sink.status('failed', new Error('401 Unauthorized')))
    expect(text()).toBe('retry401 Unauthorized')

    await change(() => screen.getByText('retry').click())
    await change(() => screen.getByRole('button').click())
    expect(text()).toBe('retrywaiting')
    await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))]))
    expect(text()).toBe('retryLaunch')
  })

  test('RCT-2 a connection that fails later leaves on the screen what is known', async () => {
    const transport = createManualTransport()
    render(
      <CruxProvider transport={transport}>
        <Boundary>
          <Suspense fallback="waiting">
            <Title id="p" />
            <Title id="q" />
          </Suspense>
        </Boundary>
      </CruxProvider>,
    )
    await change(() => {
      transport.sink.apply([planPart(aPlan('p', { title: 'Launch' }))])
      transport.sink.ready()
    })
    await change(() => transport.sink.status('failed', new Error('410 Gone')))
    expect(text()).toBe('Launchnone')
  })
})
