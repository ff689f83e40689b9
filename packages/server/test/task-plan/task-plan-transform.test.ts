import {
  formatSseEvent,
  TaskPlanAccumulator,
  taskPlanTransform,
  type TaskPlanOptions,
} from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import { chunksOf, fixture, fixtures } from './fixtures.ts'
import {
  announce,
  finish,
  foldedPlan,
  inputStart,
  output,
  runReducer,
  start,
  startStep,
  summary,
  type AnyChunk,
} from './run-reducer.ts'
import { collect, drain, streamOf, turn } from './streams.ts'

/** Everything that comes out when these chunks go in. */
async function through(chunks: readonly AnyChunk[], options: TaskPlanOptions = {}): Promise<unknown[]> {
  return collect(streamOf(chunks).pipeThrough(taskPlanTransform({ planId: 'p', now: () => 1, ...options })))
}

describe('the transform of chunks', () => {
  test.each(fixtures.map(({ name, bytes }) => [name, chunksOf(bytes)] as const))(
    'INJ-2 INJ-A1 %s comes out as the reducer says, originals in order',
    async (_, chunks) => {
      const run = runReducer({ now: () => 1 })
      for (const chunk of chunks) run.push(chunk)
      run.settle('closed')
      const out = await through(chunks)
      expect(summary(foldedPlan(out))).toEqual(summary(foldedPlan(run.out)))
      expect(out.filter((chunk) => (chunks as unknown[]).includes(chunk))).toEqual(chunks)
    },
  )

  test('INJ-A12 the clean end settles what is open', async () => {
    const out = await through([start, startStep, inputStart('a')])
    expect(summary(foldedPlan(out))).toEqual(['a failed no-result'])
    expect(out.at(-1)).toMatchObject({ type: 'data-agent-task-update' })
  })

  test('INJ-106 INJ-A12 an error of the source comes after the last plan, unchanged', async () => {
    const failure = new Error('connection lost')
    const source = streamOf([start, startStep, inputStart('a')], { reason: failure })
    const { items: seen, error } = await drain(source.pipeThrough(taskPlanTransform({ planId: 'p' })))
    expect(error).toBe(failure)
    expect(summary(foldedPlan(seen))).toEqual(['a failed disconnected'])
  })

  test('INJ-106 an error with nothing to settle comes at once', async () => {
    const failure = new Error('connection lost')
    const source = new ReadableStream<AnyChunk>({
      start(controller) {
        controller.enqueue(start)
        setImmediate(() => controller.error(failure))
      },
    })
    const reader = source.pipeThrough(taskPlanTransform()).getReader()
    await reader.read()
    await expect(reader.read()).rejects.toBe(failure)
  })

  test('INJ-106 INJ-A20 a cancel reaches an idle source within one turn, with its reason', async () => {
    const cancelled: unknown[] = []
    const plans: string[] = []
    const source = new ReadableStream<AnyChunk>({
      start(controller) {
        for (const chunk of [start, startStep, inputStart('a')]) controller.enqueue(chunk)
      },
      cancel: (reason) => void cancelled.push(reason),
    })
    const onPlan: TaskPlanOptions['onPlan'] = (plan, { final }) =>
      plans.push(`${summary(plan)?.join()} ${final}`)
    const reader = source.pipeThrough(taskPlanTransform({ onPlan })).getReader()
    for (let index = 0; index < 4; index++) await reader.read()
    void reader.read()
    await reader.cancel('left')
    await turn()
    expect(cancelled).toEqual(['left'])
    expect(plans).toEqual(['a running false', 'a skipped cancelled false', 'a skipped cancelled true'])
  })

  test('INJ-A20 a reader that never reads causes at most two reads ahead', async () => {
    let pulled = 0
    const source = new ReadableStream<AnyChunk>(
      {
        pull(controller) {
          pulled++
          controller.enqueue({ type: 'text-delta' })
        },
      },
      { highWaterMark: 0 },
    )
    const readable = source.pipeThrough(taskPlanTransform())
    await turn()
    await turn()
    expect(pulled).toBeLessThanOrEqual(2)
    await readable.cancel()
  })

  test('INJ-94 held chunks wait, and come out with what decides about them', async () => {
    const types = (out: unknown[]) => out.map((chunk) => (chunk as AnyChunk).type)
    const joined = [
      start,
      startStep,
      announce('m', { label: 'One' }),
      { type: 'finish-step' },
      startStep,
      inputStart('a'),
    ]
    expect(types(await through(joined, { hideMetaTool: true }))).toEqual([
      'start',
      'start-step',
      'data-agent-task-plan',
      'data-agent-task-update',
      'tool-input-start',
      'data-agent-task-update',
      'data-agent-task-update',
    ])
    expect(types(await through(joined.slice(0, 4), { hideMetaTool: true })).slice(-2)).toEqual([
      'finish-step',
      'data-agent-task-plan',
    ])
  })

  test('INJ-A28 two in a row with one plan id are one plan, with two ids two plans', async () => {
    const chunks = chunksOf(fixture('ai7/05').bytes)
    const twice = (first: string, second: string) =>
      collect(
        streamOf(chunks)
          .pipeThrough(taskPlanTransform({ planId: first, now: () => 1 }))
          .pipeThrough(taskPlanTransform<AnyChunk>({ planId: second, now: () => 1 })),
      )
    expect(await twice('p', 'p')).toEqual(await through(chunks))
    const two = await twice('p', 'q')
    expect(summary(foldedPlan(two, 'p'))).toEqual(['call-a done', 'call-b done'])
    expect(summary(foldedPlan(two, 'q'))).toEqual(['call-a done', 'call-b done'])
  })
})

describe('who hears of the plan', () => {
  test('onPlan hears each emission with the whole plan, and once that it is final', async () => {
    const heard: string[] = []
    await through([start, startStep, inputStart('a'), inputStart('b'), output('a'), finish('stop')], {
      onPlan: (plan, { final }) => heard.push(`${summary(plan)?.join(', ')}${final ? ', final' : ''}`),
    })
    expect(heard).toEqual([
      'a running',
      'a running, b running',
      'a done, b running',
      'a done, b failed no-result',
      'a done, b failed no-result, final',
    ])
  })

  test('onPlan is not called where nothing is told', async () => {
    const heard: unknown[] = []
    await through([start, startStep, finish('stop')], { onPlan: (plan) => heard.push(plan) })
    expect(heard).toEqual([])
  })

  test('INJ-143 the end waits for the last promise of onPlan, and not longer than flushTimeoutMs', async () => {
    const order: string[] = []
    await through([start, startStep, inputStart('a')], {
      onPlan: async () => {
        await turn()
        order.push('heard')
      },
    })
    order.push('closed')
    expect(order).toEqual(['heard', 'heard', 'heard', 'closed'])
    const began = performance.now()
    await through([start, startStep, inputStart('a')], {
      onPlan: () => new Promise(() => {}),
      flushTimeoutMs: 30,
    })
    expect(performance.now() - began).toBeLessThan(900)
  })

  test('nothing that user code throws or rejects with reaches the stream', async () => {
    const errors: unknown[] = []
    const chunks = [start, startStep, inputStart('a'), output('a')]
    let turn = 0
    const out = await through(chunks, {
      onPlan: () => {
        if (turn++ % 2 === 0) throw new Error('thrown')
        return Promise.reject(new Error('rejected'))
      },
      onError: (error) => {
        errors.push(error)
        throw new Error('even here')
      },
    })
    expect(summary(foldedPlan(out))).toEqual(['a done'])
    expect(errors.map(String)).toEqual(['Error: thrown', 'Error: rejected', 'Error: thrown'])
  })
})

describe('the accumulator', () => {
  test('INJ-2 gives what belongs before and after a chunk, in order', () => {
    const chunks = chunksOf(fixture('ai7/25').bytes)
    const run = runReducer()
    const accumulator = new TaskPlanAccumulator('p', { hideMetaTool: true })
    for (const chunk of chunks) {
      const { before, after } = run.push(chunk)
      expect(accumulator.handleToolChunk(chunk).map(({ type }) => type)).toEqual(
        [...before, ...after].map(({ type }) => type),
      )
    }
    expect(accumulator.settle('closed')).toEqual([])
    expect(accumulator.planId).toBe('p')
    expect(summary(accumulator.plan)).toEqual(summary(run.plan()))
  })

  test('INJ-2 seed gives nothing itself, what it found comes with start', () => {
    const accumulator = new TaskPlanAccumulator('p')
    const messages = [
      { role: 'assistant', parts: [{ type: 'tool-search', toolCallId: 'a', state: 'input-available' }] },
    ]
    expect(accumulator.seed(messages)).toEqual([])
    const lines = accumulator.handleToolChunk(start).map(formatSseEvent)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^data: \{"type":"data-agent-task-plan".*\}\n\n$/)
    expect(summary(accumulator.plan)).toEqual(['a running'])
  })

  test('INJ-12 refuses an id that no plan may have', () => {
    expect(() => new TaskPlanAccumulator('a/b')).toThrow(expect.objectContaining({ code: 'invalid-id' }))
  })
})
