import { CruxProvider, useTask } from '@crux/react'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { commitCount } from './browser-page.ts'
import { turns, type RecordSample } from './client-bench.ts'
import { aTask, createBenchTransport, listId, taskPart } from './tasks.ts'

const rowCount = 1_000
const settled = () => new Promise((resolve) => void setTimeout(resolve, 100))

/** 1,000 changes, one by one, within one frame of a page that shows each of them (PERF-23). */
export async function benchBurst(record: RecordSample): Promise<void> {
  const transport = createBenchTransport(rowCount)
  function Row({ id }: { readonly id: string }) {
    return createElement('li', null, useTask(listId, id)?.percent)
  }
  const root = createRoot(document.createElement('ul'))
  const rows = Array.from({ length: rowCount }, (_, index) =>
    createElement(Row, { key: index, id: `t${index}` }),
  )
  root.render(createElement(CruxProvider, { transport }, rows))
  await turns(20)
  await settled()

  const burst = (percent: number) => {
    for (let index = 0; index < rowCount; index++) transport.apply([taskPart(aTask(index, percent))])
  }
  const commitsOf = async (change: () => void) => {
    const before = commitCount()
    change()
    await settled()
    return commitCount() - before
  }
  const afterQuiet = await commitsOf(() => burst(1))
  // A change that opens the frame, and is on the page before the burst.
  transport.apply([taskPart(aTask(0, 2))])
  await turns(1)
  const whileBusy = await commitsOf(() => burst(3))
  record('PERF-23', '1,000 changes in one frame, while changes pour in: commits of React', whileBusy, {
    unit: 'commits',
    atMost: 1,
  })
  record('', '1,000 changes in one frame, after quiet (the first does not wait): commits', afterQuiet, {
    unit: 'commits',
  })
  root.unmount()
}
