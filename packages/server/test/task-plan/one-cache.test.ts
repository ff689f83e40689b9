import {
  combineTransports,
  createCruxClient,
  createMockTransport,
  createStreamTransport,
} from '@crux/core/client'
import { expect, test } from 'vitest'
import { finish, inputStart, output, runReducer, start, startStep } from './run-reducer.ts'
import { turn } from './streams.ts'

test('INJ-A27 INJ-133 the chat stream and a store feed one cache, and what the store said stays', async () => {
  const run = runReducer()
  run.push(start, startStep, inputStart('a'), inputStart('b'), output('a'), finish('stop'))
  const chat = createStreamTransport()
  const store = createMockTransport()
  const client = createCruxClient({ transport: combineTransports(chat, store) })
  const seen: string[] = []
  const off = client.subscribe({ tasksOf: 'p' }, () => {
    seen.push(
      client
        .getTasks('p')
        .map(({ id, status }) => `${id} ${status}`)
        .join(', '),
    )
  })
  const [first, second, ...rest] = run.added
  for (const part of [first, second]) chat.ingest(part)
  await turn()
  expect(seen.at(-1)).toBe('a in_progress, b in_progress')
  expect(client.getTaskList('p')).toMatchObject({ status: 'in_progress', metadata: { source: 'task-plan' } })

  // The mirror was faster than the chat stream.
  store.set('task', { id: 'a', taskListId: 'p', label: 'Search', status: 'completed', position: 1 })
  await turn()
  const since = seen.length
  for (const part of [first, second, ...rest]) chat.ingest(part)
  await turn()
  expect(seen.slice(since).filter((tasks) => tasks.includes('a in_progress'))).toEqual([])
  expect(client.getTasks('p').map(({ id, status }) => `${id} ${status}`)).toEqual(['a completed', 'b failed'])
  off()
  client.close()
})
