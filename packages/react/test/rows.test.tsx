import { CruxProvider, usePlan, useTask, useTaskIds, useTaskListProgress } from '@crux/react'
import { cleanup, render } from '@testing-library/react'
import { memo, Profiler } from 'react'
import { afterEach, expect, test } from 'vitest'
import { change } from './change.ts'
import { aList, aTask, manyTasks } from './entities.ts'
import { createManualTransport } from './manual-transport.ts'
import { listPart, taskPart } from './parts.ts'

afterEach(cleanup)

async function renderRows(count: number) {
  const rendered: string[] = []
  let commits = 0
  const Row = memo(function Row({ id }: { id: string }) {
    rendered.push(id)
    return <li>{useTask('l', id, { select: (task) => `${task.label} ${task.percent}` })}</li>
  })
  function Rows() {
    return (
      <ul>
        {useTaskIds('l')?.map((id) => (
          <Row key={id} id={id} />
        ))}
      </ul>
    )
  }
  const transport = createManualTransport()
  const { container } = render(
    <CruxProvider transport={transport}>
      <Profiler id="rows" onRender={() => (commits += 1)}>
        <Rows />
      </Profiler>
    </CruxProvider>,
  )
  await change(() => {
    transport.sink.apply([listPart(aList('l')), ...manyTasks('l', count).map(taskPart)])
    transport.sink.ready()
  })
  expect(container.querySelectorAll('li')).toHaveLength(count)
  const take = () => {
    const taken = { rendered: rendered.splice(0), commits }
    commits = 0
    return taken
  }
  take()
  return { transport, container, take }
}

test('RCT-7 of 1,000 rows the one that changed renders', async () => {
  const { transport, container, take } = await renderRows(1_000)
  await change(() => transport.sink.apply([taskPart(aTask('l', 't417', { position: 417, percent: 40 }))]))
  expect(take()).toEqual({ rendered: ['t417'], commits: 1 })
  expect(container.querySelectorAll('li')[417]?.textContent).toBe('Task t417 40')
})

test('RCT-7 a change of status of the connection renders no row', async () => {
  const { transport, take } = await renderRows(100)
  await change(() => transport.sink.status('reconnecting', new Error('no network')))
  expect(take()).toEqual({ rendered: [], commits: 0 })
})

test('a new task renders the list and its own row', async () => {
  const { transport, take } = await renderRows(100)
  await change(() => transport.sink.apply([taskPart(aTask('l', 'new', { position: 50.5 }))]))
  expect(take()).toEqual({ rendered: ['new'], commits: 1 })
})

test('RCT-7 one batch is one commit, however many rows it changes', async () => {
  const { transport, take } = await renderRows(1_000)
  await change(() =>
    transport.sink.apply(manyTasks('l', 1_000).map((task) => taskPart({ ...task, percent: 50 }))),
  )
  const { rendered, commits } = take()
  expect([rendered.length, commits]).toEqual([1_000, 1])
})

test('RCT-7 what a component reads elsewhere does not render it', async () => {
  let renders = 0
  function Progress() {
    renders += 1
    return <b>{useTaskListProgress('l')?.percent}</b>
  }
  function Title() {
    renders += 1
    return <b>{usePlan('p')?.title}</b>
  }
  const transport = createManualTransport()
  render(
    <CruxProvider transport={transport}>
      <Progress />
      <Title />
    </CruxProvider>,
  )
  await change(() => {
    transport.sink.apply([listPart(aList('l')), taskPart(aTask('l', 'a'))])
    transport.sink.ready()
  })
  const before = renders
  await change(() =>
    transport.sink.apply([taskPart(aTask('l', 'a', { progress: 'compiling', percent: 10 }))]),
  )
  expect(renders).toBe(before)
})
