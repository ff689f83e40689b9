import { inMemoryCruxStore, type CruxDataPart } from '@crux/core'
import { createCruxStreamWriter, createCruxUIMessageStream } from '@crux/server'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { createWriter } from '../support/writer.ts'
import {
  feedable,
  finish,
  finishStep,
  nameOf,
  read,
  resetStep,
  settle,
  start,
  startStep,
  streamOf,
  text,
  type Chunk,
} from './chunks.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 300)

/** What happens one after the other: a chunk of the application, or a change of the plan with that id. */
type Step = Chunk | string

/** Plays steps into a stream with persistent parts; gives what came out, parts as `plan:<id>`. */
async function play(...steps: readonly Step[]): Promise<Chunk[]> {
  const store = inMemoryCruxStore()
  onTestFinished(() => store.close())
  const write = createWriter(store)
  const model = feedable()
  const stream = createCruxUIMessageStream<Chunk>({
    store,
    persist: true,
    execute: async ({ writer }) => {
      writer.merge(model.stream)
      for (const step of steps) {
        if (typeof step === 'string') await write.plan(step)
        else model.push(step)
        await settle()
      }
      model.end()
    },
  })
  return read(stream as ReadableStream<Chunk>).all()
}

const names = async (...steps: readonly Step[]) => (await play(...steps)).map(nameOf)
const [textStart, textDelta, textEnd] = text() as [Chunk, Chunk, Chunk]
const toolStart: Chunk = { type: 'tool-input-start', toolCallId: 'c', toolName: 'x' }

test('LIVE-33 a persistent part waits for start and for content of the model, whatever kind it is', async () => {
  expect(await names('a', start, startStep, textStart, textDelta)).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'text-delta',
  ])
  for (const type of ['reasoning-start', 'tool-input-start', 'tool-input-available', 'file', 'custom']) {
    expect(await names(start, startStep, 'a', { type })).toEqual(['start', 'start-step', type, 'plan:a'])
  }
  for (const type of ['source-url', 'message-metadata', 'data-other', 'tool-output-available']) {
    expect(await names(start, startStep, 'a', { type }, textStart)).toEqual([
      'start',
      'start-step',
      type,
      'text-start',
      'plan:a',
    ])
  }
})

test('LIVE-33 in a step with content it goes at once, also after the end of that step', async () => {
  expect(await names(start, startStep, textStart, 'a', textEnd, finishStep, 'b')).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'text-end',
    'finish-step',
    'plan:b',
  ])
})

test('LIVE-33 a part that the message has goes at once in any step, a new one waits for content', async () => {
  expect(await names(start, startStep, textStart, 'a', finishStep, startStep, 'a', 'b', toolStart)).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'finish-step',
    'start-step',
    'plan:a',
    'tool-input-start',
    'plan:b',
  ])
})

test('LIVE-33 waiting parts are the newest of each entity', async () => {
  const chunks = await play(start, 'a', 'b', 'a', 'a', startStep, textStart)
  expect(chunks.map(nameOf)).toEqual(['start', 'start-step', 'text-start', 'plan:b', 'plan:a'])
  expect(chunks.at(-1)).toMatchObject({ data: { revision: 3 } })
})

test('LIVE-33 at the latest it stands before finish, abort or error, or at the end', async () => {
  for (const type of ['finish', 'abort', 'error']) {
    expect(await names(start, startStep, 'a', { type })).toEqual(['start', 'start-step', 'plan:a', type])
  }
  expect(await names(start, 'a')).toEqual(['start', 'plan:a'])
  expect(await names('a')).toEqual(['start', 'plan:a'])
})

test('LIVE-33 what reset-step takes out of the message is written again, with its newest value', async () => {
  const chunks = await play(start, startStep, textStart, 'a', 'a', resetStep, textDelta, toolStart, finish)
  expect(chunks.map(nameOf)).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'plan:a',
    'reset-step',
    'text-delta',
    'tool-input-start',
    'plan:a',
    'finish',
  ])
  expect(chunks.at(-2)).toMatchObject({ data: { revision: 2 } })
})

test('LIVE-33 what waits for a slow reader is newer than what reset-step took out', async () => {
  const store = inMemoryCruxStore()
  onTestFinished(() => store.close())
  const write = createWriter(store)
  const stream = createCruxUIMessageStream<Chunk>({
    store,
    persist: true,
    execute: async ({ writer }) => {
      await write.plan('a')
      for (const chunk of [start, startStep, textStart]) writer.write(chunk)
      await write.plan('a')
      writer.write(resetStep)
      writer.write(finish)
    },
  })
  await settle()
  const chunks = await read(stream as ReadableStream<Chunk>).all()
  expect(chunks.findLast(({ type }) => type === 'data-crux')).toMatchObject({ data: { revision: 2 } })
})

test('LIVE-33 reset-step leaves parts of earlier steps where they are', async () => {
  expect(
    await names(start, startStep, textStart, 'a', startStep, toolStart, 'b', resetStep, 'a', finish),
  ).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'start-step',
    'tool-input-start',
    'plan:b',
    'reset-step',
    'plan:a',
    'plan:b',
    'finish',
  ])
})

test('LIVE-33 in any order of chunks and changes: start first, one part per entity alone nowhere, the newest last', async () => {
  const step = fc.oneof(
    fc.constantFrom('a', 'b', 'c'),
    fc.constantFrom<Chunk>(startStep, finishStep, resetStep, textStart, textDelta, toolStart, {
      type: 'source-url',
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, ends) => {
      const chunks = await play(start, ...steps, ...(ends ? [finish] : []))
      expect(chunks.map(nameOf).filter((name) => name === 'start')).toHaveLength(1)
      expect(chunks[0]).toEqual(start)

      // What a client makes of it: the ids in the message, and whether the current step has content.
      let message: { id: string; step: number; revision: number }[] = []
      let atStep = 0
      let hasContent = false
      const alone: number[] = []
      const last = chunks.findIndex(
        (chunk, index) => chunk.type === 'finish' || chunks.slice(index).every(isOurs),
      )
      for (const [index, chunk] of chunks.entries()) {
        if (chunk.type === 'start-step') {
          atStep++
          hasContent = false
        } else if (chunk.type === 'reset-step') {
          message = message.filter(({ step }) => step < atStep)
          hasContent = false
        } else if (chunk === textStart || chunk === toolStart) {
          hasContent = true
        } else if (isOurs(chunk)) {
          const { key, revision = 0 } = chunk['data'] as CruxDataPart
          const held = message.find(({ id }) => id === key)
          if (held) held.revision = revision
          else {
            const isAtTheEnd = index >= last || chunks.slice(index, last).every(isOurs)
            if (!hasContent && !isAtTheEnd) alone.push(index)
            message.push({ id: key, step: atStep, revision })
          }
        }
      }
      const changes = steps.filter((each) => typeof each === 'string')
      const expected = new Map(changes.map((id) => [id, changes.filter((each) => each === id).length]))
      expect(alone).toEqual([])
      expect(new Map(message.map(({ id, revision }) => [id, revision]))).toEqual(expected)
      expect(message).toHaveLength(expected.size)
    }),
    { numRuns },
  )
})

test('LIVE-33 the bare writer places persistent parts among what goes through it', async () => {
  const store = inMemoryCruxStore()
  onTestFinished(() => store.close())
  const write = createWriter(store)
  const chunks: Chunk[] = []
  const merged: Promise<void>[] = []
  const cruxWriter = createCruxStreamWriter<Chunk>(
    {
      write: (chunk) => void chunks.push({ ...chunk }),
      merge: (stream) => void merged.push(read(stream).done),
    },
    store,
    { persist: true },
  )
  await write.plan('a')
  expect(chunks).toEqual([])
  const model = feedable()
  cruxWriter.merge(model.stream)
  model.push(start, startStep)
  await settle()
  expect(chunks.map(nameOf)).toEqual(['start', 'start-step'])
  model.push(textStart)
  await settle()
  await write.plan('b')
  const closing = cruxWriter.close()
  let isClosed = false
  void closing.then(() => (isClosed = true))
  await settle()
  // It goes on with what is merged, and so with what the agent writes meanwhile.
  expect(isClosed).toBe(false)
  await write.plan('c')
  model.push(finishStep, finish)
  model.end()
  await closing
  await Promise.all(merged)
  expect(chunks.map(nameOf)).toEqual([
    'start',
    'start-step',
    'text-start',
    'plan:a',
    'plan:b',
    'plan:c',
    'finish-step',
    'finish',
  ])
})

test('LIVE-33 without a look at the chunks, persistent parts of the bare writer wait for close()', async () => {
  const store = inMemoryCruxStore()
  onTestFinished(() => store.close())
  const write = createWriter(store)
  const chunks: Chunk[] = []
  const writer = { write: (chunk: object) => void chunks.push(chunk as Chunk) }
  const cruxWriter = createCruxStreamWriter<Chunk>(writer, store, { persist: true })
  await write.plan('a')
  writer.write(start)
  writer.write(textStart)
  await write.plan('b')
  expect(chunks.map(nameOf)).toEqual(['start', 'text-start'])
  const closing = cruxWriter.close()
  expect(chunks.map(nameOf)).toEqual(['start', 'text-start', 'plan:a', 'plan:b'])
  await closing
})

test('LIVE-33 a stream that fails, or a writer that lets go of it, ends what was merged', async () => {
  const store = inMemoryCruxStore()
  onTestFinished(() => store.close())
  const streams: ReadableStream<unknown>[] = []
  const cruxWriter = createCruxStreamWriter<Chunk>(
    { write: () => {}, merge: (stream) => void streams.push(stream) },
    store,
  )
  const [failing, left, late] = [feedable(), feedable(), feedable()]
  cruxWriter.merge(failing.stream)
  failing.fail(new Error('model'))
  await expect(streams[0]?.getReader().read()).rejects.toEqual(new Error('model'))
  cruxWriter.merge(left.stream)
  await streams[1]?.cancel('left')
  expect(left.seen).toMatchObject({ isCancelled: true, cancelled: 'left' })
  await cruxWriter.close()
  cruxWriter.merge(late.stream)
  expect(late.seen.isCancelled).toBe(true)

  const plain = createCruxStreamWriter<Chunk>({ write: () => {} }, store)
  expect(() => plain.merge(streamOf(start))).toThrow('cannot merge')
  await plain.close()
})

function isOurs({ type }: Chunk): boolean {
  return type === 'data-crux'
}
