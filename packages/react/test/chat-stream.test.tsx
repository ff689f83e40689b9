import { createCrux, inMemoryCruxStore } from '@crux/core'
import {
  combineTransports,
  createMockTransport,
  createStreamTransport,
  CruxProvider,
  usePlan,
  useTaskList,
  useTasks,
} from '@crux/react'
import { createCruxUIMessageStream } from '@crux/server'
import { TaskPlanAccumulator } from '@crux/server/task-plan'
import { act, cleanup, render, renderHook, screen, waitFor } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, test } from 'vitest'
import { change } from './change.ts'
import { withTransport } from './render-with.tsx'

afterEach(cleanup)

/** The chunks of an agent that calls two tools, with the plan that the injector makes of them. */
function injected(planId: string): object[] {
  const plan = new TaskPlanAccumulator(planId)
  const chunks = [
    { type: 'start' },
    { type: 'start-step' },
    { type: 'tool-input-available', toolCallId: 'c1', toolName: 'search', input: {} },
    { type: 'tool-input-available', toolCallId: 'c2', toolName: 'customers__list_people', input: {} },
    { type: 'tool-output-available', toolCallId: 'c1', output: {} },
    { type: 'finish-step' },
  ]
  return chunks.flatMap((chunk) => [...plan.handleToolChunk(chunk), chunk])
}

test('INJ-132 useTasks(planId) shows an injected plan that the chat delivers', async () => {
  const transport = createStreamTransport()
  const { result } = renderHook(() => ({ tasks: useTasks('turn'), list: useTaskList('turn') }), {
    wrapper: withTransport(transport),
  })
  expect(result.current).toEqual({ tasks: undefined, list: undefined })
  await change(() => injected('turn').forEach(transport.ingest))
  expect(result.current.tasks?.map(({ label, status }) => `${label}: ${status}`)).toEqual([
    'Search: completed',
    'Customers · List people: in_progress',
  ])
  expect(result.current.list).toMatchObject({ status: 'in_progress' })
})

test('CLI-7 the hooks show a plan and tasks that ride in a chat stream, and go on when it has ended', async () => {
  const store = inMemoryCruxStore()
  const transport = createStreamTransport()
  const { result } = renderHook(
    () => ({ plan: usePlan('launch'), tasks: useTasks('work'), none: usePlan('none') }),
    {
      wrapper: withTransport(transport),
    },
  )
  const stream = createCruxUIMessageStream({
    store,
    execute: async ({ crux }) => {
      await crux.plan({ id: 'launch', title: 'Launch' })
      const list = await crux.tasklist({
        id: 'work',
        planId: 'launch',
        tasks: [{ id: 'build', label: 'Build' }],
      })
      await list.startTask('build')
      await list.completeTask('build')
    },
  })
  const body = stream.pipeThrough(
    new TransformStream<object, Uint8Array>({
      transform: (chunk, controller) =>
        controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`)),
    }),
  )
  await act(() => transport.consume(body))
  // In a browser what came last is shown with the next frame.
  await waitFor(() => {
    expect(result.current.plan).toMatchObject({ title: 'Launch' })
    expect(result.current.tasks).toMatchObject([{ id: 'build', status: 'completed' }])
    expect(result.current.none).toBeNull()
  })
  await store.close()
})

test('CLI-7 a chat and the live store feed one cache: the newest of each entity shows', async () => {
  const store = inMemoryCruxStore()
  const live = createMockTransport()
  const stream = createStreamTransport()
  const { result } = renderHook(() => usePlan('launch')?.title, {
    wrapper: withTransport(combineTransports(live, stream)),
  })
  const crux = createCrux({ store })
  await crux.plan({ id: 'launch', title: 'Launch' })
  const first = await store.get({ entity: 'plan', key: 'launch' })
  await crux.updatePlan('launch', { title: 'Landing' })
  const second = await store.get({ entity: 'plan', key: 'launch' })
  await change(() => stream.ingest({ type: 'data-crux', id: 'plan:launch', data: second }))
  await change(() => stream.ingest({ type: 'data-crux', id: 'plan:launch', data: first }))
  expect(result.current).toBe('Landing')
  await store.close()
})

test('RCT-5 made inline in render, each transport is fed and shows what it was given', async () => {
  let ingest = (_part: unknown) => {}
  function App({ children }: { children: ReactNode }) {
    const transport = createStreamTransport()
    ;({ ingest } = transport)
    return <CruxProvider transport={transport}>{children}</CruxProvider>
  }
  function Titles() {
    return <h1>{`${usePlan('a')?.title} ${usePlan('b')?.title}`}</h1>
  }
  const { rerender } = render(
    <App>
      <Titles />
    </App>,
  )
  const plan = (id: string) => ({
    type: 'data-crux',
    data: { entity: 'plan', key: id, value: { title: id.toUpperCase() }, event: 'created', revision: 1 },
  })
  await change(() => ingest(plan('a')))
  rerender(
    <App>
      <Titles />
    </App>,
  )
  await change(() => ingest(plan('b')))
  expect(screen.getByRole('heading').textContent).toBe('A B')
})
