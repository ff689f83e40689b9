import type { Task } from '@crux/core'
import { createCruxClient } from '@crux/core/client'
import { CruxProvider, useTask, useTaskListProgress } from '@crux/react'
import { createContext, createElement, memo, useContext, useSyncExternalStore, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { create } from 'zustand'
import { cpuOf, turns, type RecordSample } from './client-bench.ts'
import { aList, aTask, createBenchTransport, listId, listPart, taskPart } from './tasks.ts'

const rowCount = 1_000
const indexes = Array.from({ length: rowCount }, (_, index) => index)

/** A page of rows: how often one rendered, and how one change is told. */
interface Page {
  readonly renders: () => number
  readonly tell: (task: Task) => void
  readonly text: () => string
  readonly close: () => void
}

/** Renders outside of every measurement. */
async function show(element: ReactNode) {
  const container = document.createElement('ul')
  const root = createRoot(container)
  root.render(element)
  await turns(20)
  return { text: () => container.textContent ?? '', close: () => root.unmount() }
}

async function cruxPage(): Promise<Page> {
  let renders = 0
  const transport = createBenchTransport(rowCount)
  function Row({ id }: { readonly id: string }) {
    renders += 1
    return createElement('li', null, useTask(listId, id)?.percent)
  }
  const rows = indexes.map((index) => createElement(Row, { key: index, id: `t${index}` }))
  const page = await show(createElement(CruxProvider, { transport }, rows))
  return { ...page, renders: () => renders, tell: (task) => transport.apply([taskPart(task)]) }
}

type Tasks = Readonly<Record<string, Task>>

function allTasks(): Tasks {
  return Object.fromEntries(indexes.map((index) => [`t${index}`, aTask(index)]))
}

async function zustandPage(): Promise<Page> {
  let renders = 0
  const useStore = create<{ readonly tasks: Tasks }>(() => ({ tasks: allTasks() }))
  function Row({ id }: { readonly id: string }) {
    renders += 1
    return createElement('li', null, useStore((state) => state.tasks[id])?.percent)
  }
  const page = await show(indexes.map((index) => createElement(Row, { key: index, id: `t${index}` })))
  const tell = (task: Task) => useStore.setState(({ tasks }) => ({ tasks: { ...tasks, [task.id]: task } }))
  return { ...page, renders: () => renders, tell }
}

async function contextPage(): Promise<Page> {
  let renders = 0
  let tasks = allTasks()
  let onChange = () => {}
  const Context = createContext(tasks)
  const Row = memo(({ id }: { readonly id: string }) => {
    renders += 1
    return createElement('li', null, useContext(Context)[id]?.percent)
  })
  const rows = indexes.map((index) => createElement(Row, { key: index, id: `t${index}` }))
  const subscribe = (listener: () => void) => {
    onChange = listener
    return () => {}
  }
  function App() {
    const value = useSyncExternalStore(subscribe, () => tasks)
    return createElement(Context, { value }, rows)
  }
  const page = await show(createElement(App))
  const tell = (task: Task) => {
    tasks = { ...tasks, [task.id]: task }
    onChange()
  }
  return { ...page, renders: () => renders, tell }
}

/** No React: the text of a row is set as its change comes. */
async function domPage(): Promise<Page> {
  const container = document.createElement('ul')
  const rows = new Map<string, HTMLElement>()
  for (const index of indexes) {
    const row = document.createElement('li')
    container.append(row)
    rows.set(`t${index}`, row)
  }
  let changes = 0
  return {
    renders: () => changes,
    tell({ id, percent }) {
      changes += 1
      const row = rows.get(id)
      if (row) row.textContent = String(percent)
    },
    text: () => container.textContent ?? '',
    close() {},
  }
}

/** One change of each of 1,000 rows, one per turn of the event loop; CPU until the page shows all of them. */
async function costOf(
  open: () => Promise<Page>,
): Promise<{ readonly cpu: number; readonly renders: number }> {
  const page = await open()
  const wanted = '7'.repeat(rowCount)
  const before = page.renders()
  const cpu = await cpuOf(async () => {
    for (const index of indexes) {
      page.tell(aTask(index, 7))
      await turns(1)
    }
    // Nobody is busy while the last frame is waited for.
    await new Promise((resolve) => void setTimeout(resolve, 50))
  })
  const renders = page.renders() - before
  const text = page.text()
  page.close()
  if (text !== wanted) throw new Error(`The page shows ${text.slice(0, 20)} …`)
  return { cpu, renders }
}

/** 1,000 rows, of which one changes per turn (PERF-21). */
export async function benchRows(record: RecordSample): Promise<void> {
  const crux = await costOf(cruxPage)
  const zustand = await costOf(zustandPage)
  const context = await costOf(contextPage)
  const dom = await costOf(domPage)
  const what = '1,000 rows, one change each, CPU ÷ zustand selectors'
  record('PERF-21', `${what}: useTask`, crux.cpu / zustand.cpu, { atMost: 0.3 })
  record('PERF-21', '1,000 rows, one change each: rows rendered', crux.renders, {
    unit: 'rows',
    atMost: rowCount,
    atLeast: rowCount,
  })
  record('', `${what}: one context`, context.cpu / zustand.cpu)
  record('', `${what}: no React, text set directly`, dom.cpu / zustand.cpu)
}

const changes = 3_000

/** CPU of changes in a list of this size, seen by one listener. */
async function cacheCost(size: number): Promise<number> {
  const transport = createBenchTransport(size)
  const client = createCruxClient({ transport })
  let heard = 0
  client.subscribe({ entity: 'task', key: `${listId}/t5` }, () => (heard += 1))
  await turns(2)
  heard = 0
  const cpu = await cpuOf(async () => {
    for (let change = 1; change <= changes; change++) {
      transport.apply([taskPart(aTask(5, change % 100))])
      await turns(1)
    }
  })
  client.close()
  if (heard !== changes) throw new Error(`${heard} of ${changes} changes were heard.`)
  return cpu
}

/** CPU of changes in a list of this size, shown by one component. */
async function pageCost(size: number, what: 'task' | 'progress'): Promise<number> {
  const transport = createBenchTransport(size)
  let renders = 0
  function Row() {
    renders += 1
    return createElement('li', null, useTask(listId, 't5')?.percent)
  }
  function Progress() {
    renders += 1
    return createElement('li', null, useTaskListProgress(listId)?.completed)
  }
  const page = await show(
    createElement(CruxProvider, { transport }, createElement(what === 'task' ? Row : Progress)),
  )
  const before = renders
  const cpu = await cpuOf(async () => {
    for (let change = 1; change <= changes; change++) {
      const task = taskPart(aTask(5, change % 100))
      transport.apply(what === 'task' ? [task] : [task, listPart(aList(size, change % 2))])
      await turns(1)
    }
  })
  page.close()
  if (renders - before !== changes) throw new Error(`${renders - before} renders for ${changes} changes.`)
  return cpu
}

/** One change in a list of 10,000 tasks beside one in a list of 10 (PERF-22). */
export async function benchListSize(record: RecordSample): Promise<void> {
  const { requestAnimationFrame } = globalThis
  // So that each change is announced and rendered by itself: without frames, a frame is a microtask.
  Reflect.deleteProperty(globalThis, 'requestAnimationFrame')
  const costs: Record<string, (size: number) => Promise<number>> = {
    'the cache': cacheCost,
    useTask: (size) => pageCost(size, 'task'),
    useTaskListProgress: (size) => pageCost(size, 'progress'),
  }
  for (const [what, cost] of Object.entries(costs)) {
    const small = await cost(10)
    const large = await cost(10_000)
    record('PERF-22', `a change among 10,000 tasks ÷ among 10, CPU: ${what}`, large / small, { atMost: 1.3 })
  }
  Object.assign(globalThis, { requestAnimationFrame })
}
