import { usePlan, useTask, useTasks } from '@crux/react'
import { cleanup } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { change } from './change.ts'
import { aPlan, aTask } from './entities.ts'
import { planPart, taskPart } from './parts.ts'
import { renderWith } from './render-with.tsx'

afterEach(cleanup)

test('RCT-3 a selection that did not change renders nothing, also with an inline selector', async () => {
  let renders = 0
  const { result, transport } = renderWith(() => {
    renders += 1
    return usePlan('p', { select: (plan) => plan.title })
  })
  await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'One' }))]))
  expect(result.current).toBe('One')
  const before = renders

  await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'One', content: 'longer' }))]))
  expect(renders).toBe(before)
  await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'Two' }))]))
  expect([renders, result.current]).toEqual([before + 1, 'Two'])
})

test('RCT-3 isEqual decides, and an equal selection keeps its identity over renders from outside', async () => {
  let renders = 0
  const { result, rerender, transport } = renderWith(() => {
    renders += 1
    return useTasks('l', {
      select: (tasks) => ({ done: tasks.filter(({ status }) => status === 'completed').length }),
      isEqual: (previous, next) => previous.done === next.done,
    })
  })
  await change(() => transport.sink.apply([taskPart(aTask('l', 'a')), taskPart(aTask('l', 'b'))]))
  const first = result.current
  expect(first).toEqual({ done: 0 })
  const before = renders

  await change(() => transport.sink.apply([taskPart(aTask('l', 'a', { progress: 'compiling' }))]))
  expect(renders).toBe(before)
  rerender(undefined)
  expect(result.current).toBe(first)
  await change(() => transport.sink.apply([taskPart(aTask('l', 'a', { status: 'completed' }))]))
  expect(result.current).toEqual({ done: 1 })
})

test('RCT-3 an inline selector that makes a new object each time does not loop', async () => {
  let renders = 0
  const { result, transport } = renderWith(() => {
    renders += 1
    return useTask('l', 'a', { select: ({ id, status }) => ({ id, status }) })
  })
  await change(() => transport.sink.apply([taskPart(aTask('l', 'a'))]))
  expect(result.current).toEqual({ id: 'a', status: 'pending' })
  expect(renders).toBeLessThanOrEqual(3)
})

test('RCT-3 a selector sees what its closure sees in this render', async () => {
  const { result, rerender, transport } = renderWith(
    ({ field }: { field: 'title' | 'content' }) => usePlan('p', { select: (plan) => plan[field] }),
    { initialProps: { field: 'title' } },
  )
  await change(() => transport.sink.apply([planPart(aPlan('p', { title: 'T', content: 'C' }))]))
  expect(result.current).toBe('T')
  rerender({ field: 'content' })
  expect(result.current).toBe('C')
})

test('RCT-3 a selector runs only on what is there, and may give undefined or null', async () => {
  const { result, transport } = renderWith(() => [
    usePlan('p', { select: (plan) => plan.discardedAt }),
    usePlan('p', { select: () => null, isEqual: () => true }),
    usePlan('none', { select: (plan) => plan.title }),
  ])
  expect(result.current).toEqual([undefined, undefined, undefined])
  await change(() => {
    transport.sink.apply([planPart(aPlan('p'))])
    transport.sink.ready()
  })
  expect(result.current).toEqual([undefined, null, null])
})
