import {
  createSSETransport,
  CruxProvider,
  useCruxConnection,
  usePlan,
  useTaskListProgress,
  useTasks,
} from '@crux/react'
import { cleanup, render } from '@testing-library/react'
import { afterEach, expect, inject, test } from 'vitest'

const liveUrl = inject('liveUrl')

// RTL makes React wait for `act` otherwise.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })

const closing: (() => void)[] = []
afterEach(() => {
  cleanup()
  for (const close of closing.splice(0)) close()
})

/** A scope of its own on the live server. */
function openPage() {
  const page = crypto.randomUUID()
  return {
    url: `${liveUrl}/live?page=${page}`,
    scope: `page:${page}:`,
    tell: async (what: 'start' | 'build' | 'finish' | 'drop') => {
      await fetch(`${liveUrl}/${what}?page=${page}`, { method: 'POST' })
    },
  }
}

function Work({ scope }: { scope: string }) {
  const plan = usePlan(`${scope}launch`)
  const tasks = useTasks(`${scope}work`)
  const progress = useTaskListProgress(`${scope}work`)
  const { status } = useCruxConnection()
  if (plan === undefined) return <p>loading</p>
  if (plan === null) return <p>{`nothing, ${status}`}</p>
  const lines = tasks?.map(({ label, status: at, percent }) => `${label} ${at} ${percent ?? 0}`)
  return <p>{[plan.title, ...(lines ?? []), `${progress?.completed} of ${progress?.total}`].join(', ')}</p>
}

test('the page follows an agent on the server, also over a connection that is cut', async () => {
  const { url, scope, tell } = openPage()
  const { container } = render(
    <CruxProvider transport={createSSETransport(url)}>
      <Work scope={scope} />
    </CruxProvider>,
  )
  const shown = () => container.textContent
  expect(shown()).toBe('loading')
  await expect.poll(shown).toBe('nothing, live')

  await tell('start')
  await expect.poll(shown).toBe('Launch, build pending 0, test pending 0, ship pending 0, 0 of 3')
  await tell('build')
  await expect.poll(shown).toBe('Launch, build completed 100, test pending 0, ship pending 0, 1 of 3')

  await tell('drop')
  await tell('finish')
  await expect.poll(shown, { timeout: 5_000 }).toBe('Launched, build completed 100, test completed 0, 2 of 2')
})

/** What a client holds that knows the event `data-crux` and nothing else. */
function openPlainEventSource(url: string) {
  const newest = new Map<string, Record<string, unknown>>()
  const source = new EventSource(url)
  closing.push(() => source.close())
  source.addEventListener('data-crux', ({ data }) => {
    const { entity, key, value } = JSON.parse(data)
    newest.set(`${entity}:${key}`, value)
  })
  return {
    source,
    // LIVE-1: what carries `removedAt` is absent for every reader.
    state: () =>
      [...newest]
        .filter(([, value]) => value['removedAt'] === undefined)
        .map(([name, { title, status, percent }]) => ({ name, title, status, percent }))
        .toSorted((a, b) => a.name.localeCompare(b.name)),
  }
}

test('LIVE-10 a plain EventSource that listens to data-crux alone ends in the right state', async () => {
  const { url, scope, tell } = openPage()
  await tell('start')
  const { source, state } = openPlainEventSource(url)
  await expect.poll(() => state().length).toBe(5)

  await tell('build')
  await expect.poll(() => state().find(({ name }) => name.endsWith('/build'))?.status).toBe('completed')
  await tell('drop')
  await tell('finish')
  const [plan, list, task] = ['plan', 'tasklist', 'task'].map((entity) => `${entity}:${scope}`)
  await expect.poll(state, { timeout: 5_000 }).toEqual([
    { name: `${plan}launch`, title: 'Launched' },
    { name: `${task}work/build`, status: 'completed', percent: 100 },
    { name: `${task}work/test`, status: 'completed' },
    { name: `${list}work`, status: 'completed' },
  ])
  expect(source.readyState).toBe(EventSource.OPEN)

  // One that joins now sees the same.
  const late = openPlainEventSource(url)
  await expect.poll(late.state).toEqual(state())
})
