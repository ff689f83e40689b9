import { CruxProvider, useTask, useTaskIds } from '@crux/react'
import { cleanup, render } from '@testing-library/react'
import { Profiler } from 'react'
import { afterEach, expect, test } from 'vitest'
import { aList, manyTasks } from '../test/entities.ts'
import { createManualTransport } from '../test/manual-transport.ts'
import { listPart, taskPart } from '../test/parts.ts'

afterEach(cleanup)

const tasks = manyTasks('l', 1_000)

function Row({ id }: { id: string }) {
  return <li>{useTask('l', id)?.percent}</li>
}

function Rows() {
  return useTaskIds('l')?.map((id) => <Row key={id} id={id} />)
}

const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))

/** A turn of the event loop, not clamped as timers are. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

/** Renders the rows without `act`, so that commits happen as they do in an app. */
async function renderRows() {
  const transport = createManualTransport()
  let commits = 0
  const { container } = render(
    <CruxProvider transport={transport}>
      <Profiler id="rows" onRender={() => (commits += 1)}>
        <Rows />
      </Profiler>
    </CruxProvider>,
  )
  transport.sink.apply([listPart(aList('l')), ...tasks.map(taskPart)])
  transport.sink.ready()
  await expect.poll(() => container.querySelectorAll('li').length).toBe(1_000)
  await nextFrame()
  await nextFrame()
  commits = 0
  return { transport, container, commits: () => commits }
}

// RTL makes React wait for `act` otherwise.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false })

test('RCT-7 1,000 changes in a burst are one commit per frame at most', async () => {
  const { transport, container, commits } = await renderRows()
  let frames = 0
  let isOver = false
  const countFrames = () => {
    frames += 1
    if (!isOver) requestAnimationFrame(countFrames)
  }
  requestAnimationFrame(countFrames)

  for (const task of tasks) {
    transport.sink.apply([taskPart({ ...task, percent: 50 })])
    await nextTurn()
  }
  await expect.poll(() => container.textContent).toBe('50'.repeat(1_000))
  isOver = true
  // The first change after quiet does not wait for its frame.
  expect(commits()).toBeLessThanOrEqual(frames + 1)
  expect(commits()).toBeGreaterThan(1)
})

test('RCT-7 1,000 changes within one frame are at most two commits: the first at once, the rest together', async () => {
  const { transport, container, commits } = await renderRows()
  for (const task of tasks) transport.sink.apply([taskPart({ ...task, percent: 50 })])
  await expect.poll(() => container.textContent).toBe('50'.repeat(1_000))
  expect(commits()).toBeLessThanOrEqual(2)
})

test('RCT-7 the first change after quiet is on the page before the next frame', async () => {
  const { transport, container } = await renderRows()
  transport.sink.apply([taskPart({ ...tasks[0]!, percent: 7 })])
  await nextTurn()
  expect(container.querySelector('li')?.textContent).toBe('7')
})
