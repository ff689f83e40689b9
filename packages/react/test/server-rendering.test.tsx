import {
  createCruxClient,
  createMockTransport,
  type CruxTransport,
  type DehydratedState,
} from '@crux/core/client'
import {
  CruxProvider,
  useCruxConnection,
  usePlan,
  useTaskIds,
  useTaskListProgress,
  useTasks,
} from '@crux/react'
import { act } from '@testing-library/react'
import { Suspense, type ReactNode } from 'react'
import { hydrateRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { change } from './change.ts'
import { aList, aPlan, aTask } from './entities.ts'
import { createManualTransport, type ManualTransport } from './manual-transport.ts'
import { planPart } from './parts.ts'

let root: Root | undefined
beforeEach(() => {
  vi.spyOn(console, 'error')
})
afterEach(() => {
  act(() => root?.unmount())
  root = undefined
  document.body.replaceChildren()
  vi.restoreAllMocks()
})

/** What a server knows when it renders. */
const state = dehydrate(
  createMockTransport({
    plans: [aPlan('p', { title: 'Launch' })],
    taskLists: [aList('l', { counts: { pending: 1, completed: 1 } })],
    tasks: [aTask('l', 'a', { position: 1 }), aTask('l', 'b', { position: 2 })],
  }),
)

/** What a client that is ready hands to the browser, as it arrives there. */
function dehydrate(transport: CruxTransport): DehydratedState {
  const client = createCruxClient({ transport })
  client.subscribe('connection', () => {})
  const json = JSON.stringify(client.dehydrate())
  client.close()
  return JSON.parse(json)
}

function Page() {
  const plan = usePlan('p')
  const other = usePlan('other')
  const tasks = useTasks('l')
  const tree = useTasks('l', { tree: true })
  const ids = useTaskIds('l')
  const labels = useTasks('l', { select: (found) => found.map(({ label }) => label) })
  const percent = useTaskListProgress('l')?.percent
  const { status } = useCruxConnection()
  return (
    <p>{JSON.stringify([plan?.title, other, tasks?.length, tree?.length, ids, labels, percent, status])}</p>
  )
}

const shown = (title: string, status: string) =>
  JSON.stringify([title, null, 2, 2, ['a', 'b'], ['Task a', 'Task b'], 50, status])

/** As on a server and in a browser: two transports, nothing in common but the state. */
const withState = (
  children: ReactNode,
  initialState: DehydratedState | undefined,
  transport: ManualTransport,
) => (
  <CruxProvider transport={transport} initialState={initialState}>
    {children}
  </CruxProvider>
)

/** Renders on the server, puts the markup into the page and hydrates it. */
function hydrate(children: ReactNode, initialState: DehydratedState | undefined) {
  const container = document.createElement('div')
  document.body.append(container)
  container.innerHTML = renderToString(withState(children, initialState, createManualTransport()))
  const html = container.innerHTML
  const transport = createManualTransport()
  const recovered: unknown[] = []
  act(() => {
    root = hydrateRoot(container, withState(children, initialState, transport), {
      onRecoverableError: (error) => recovered.push(error),
    })
  })
  return { container, html, transport, recovered }
}

describe('with initialState', () => {
  test('RCT-4 the server renders the content and connects to nothing', () => {
    const transport = createManualTransport()
    const html = renderToString(withState(<Page />, state, transport))
    expect(html.replaceAll('&quot;', '"')).toBe(`<p>${shown('Launch', 'idle')}</p>`)
    expect(transport.connects).toBe(0)
  })

  test('RCT-4 hydration takes the markup as it is, then the page is live', async () => {
    const { container, transport, recovered } = hydrate(<Page />, state)
    expect(recovered).toEqual([])
    expect(console.error).not.toHaveBeenCalled()
    expect(container.textContent).toBe(shown('Launch', 'connecting'))
    await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Landing' }))]))
    expect(container.textContent).toBe(shown('Landing', 'connecting'))
    expect(console.error).not.toHaveBeenCalled()
  })

  test('RCT-4 a client that moved on before its page hydrates causes no mismatch', async () => {
    const transport = createManualTransport()
    const client = createCruxClient({ transport, initialState: state })
    client.subscribe('connection', () => {})
    await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Landing' }))]))
    expect(client.getPlan('p')?.title).toBe('Landing')

    const app = (
      <CruxProvider client={client}>
        <Page />
      </CruxProvider>
    )
    const container = document.createElement('div')
    container.innerHTML = renderToString(app)
    expect(container.textContent).toBe(shown('Launch', 'idle'))
    const recovered: unknown[] = []
    act(() => {
      root = hydrateRoot(container, app, { onRecoverableError: (error) => recovered.push(error) })
    })
    expect(recovered).toEqual([])
    expect(console.error).not.toHaveBeenCalled()
    expect(container.textContent).toBe(shown('Landing', 'connecting'))
  })

  test('RCT-4 without initialState the server renders what loading looks like, and hydration agrees', () => {
    const { html, recovered } = hydrate(<Page />, undefined)
    expect(html).toContain('[null,null,null,null,null,null,null,"idle"]')
    expect(recovered).toEqual([])
    expect(console.error).not.toHaveBeenCalled()
  })
})

describe('a suspending hook', () => {
  function Title({ id }: { id: string }) {
    return <h1>{usePlan(id, { suspense: true })?.title ?? 'none'}</h1>
  }
  const page = (id: string) => (
    <main>
      <Suspense fallback={<i>waiting</i>}>
        <Title id={id} />
      </Suspense>
    </main>
  )

  test('RCT-2 renders on the server what initialState holds, and null for what a ready client did not have', () => {
    const { html } = hydrate(
      <>
        {page('p')}
        {page('other')}
      </>,
      state,
    )
    expect(html).toContain('<h1>Launch</h1>')
    expect(html).toContain('<h1>none</h1>')
    expect(console.error).not.toHaveBeenCalled()
  })

  test('RCT-2 never waits on the server: the fallback is sent, and the browser renders the content', async () => {
    const partial = { ...state, isReady: false }
    const { container, html, transport, recovered } = hydrate(page('other'), partial)
    expect(html).toContain('<i>waiting</i>')
    expect(container.textContent).toBe('waiting')
    await change(() => transport.sink.apply([planPart(aPlan('other', { title: 'Landing' }))]))
    expect(container.textContent).toBe('Landing')
    // React tells once that the browser took over.
    expect(recovered).toHaveLength(1)
  })
})
