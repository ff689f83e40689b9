import { createCrux, inMemoryCruxStore, type CruxDataPart, type CruxStore } from '@crux/core'
import { createCruxStreamWriter, createCruxUIMessageStream, type CruxStreamWriterOptions } from '@crux/server'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { countUses } from '../support/count-uses.ts'
import { createWriter, taskChange } from '../support/writer.ts'
import {
  feedable,
  finish,
  nameOf,
  read,
  settle,
  start,
  startStep,
  streamOf,
  text,
  type Chunk,
} from './chunks.ts'
import { eventually } from '../../../../test/eventually.ts'

const masked = { type: 'error', errorText: 'An error occurred.' }

function openStore() {
  const { store, open } = countUses(inMemoryCruxStore())
  onTestFinished(() => store.close())
  return { store, open, write: createWriter(store) }
}

/** A writer over an array, as plain as one can be. */
function openWriter(store: CruxStore, options?: CruxStreamWriterOptions) {
  const chunks: Chunk[] = []
  const write = (chunk: object) => void chunks.push(chunk as Chunk)
  const writer = createCruxStreamWriter<Chunk>({ write }, store, options)
  return { writer, chunks, names: () => chunks.map(nameOf) }
}

const partOf = (chunk: Chunk | undefined) => chunk?.['data'] as CruxDataPart

describe('the chunks', () => {
  test.each([false, true])('LIVE-30 a change is one chunk with four keys (persist: %s)', async (persist) => {
    const { store, write } = openStore()
    const { writer, chunks } = openWriter(store, { persist })
    await write.task('l1', 'a', { label: 'Build' })
    await writer.close()
    expect(chunks).toEqual([
      {
        type: 'data-crux',
        id: 'task:l1/a',
        data: {
          entity: 'task',
          key: 'l1/a',
          value: expect.objectContaining({ id: 'a', label: 'Build' }),
          event: 'updated',
          revision: 1,
        },
        transient: !persist,
      },
    ])
    expect(JSON.parse(JSON.stringify(chunks))).toEqual(chunks)
  })

  test('LIVE-32 values are copies: whoever gets a chunk may change it', async () => {
    const { store, write } = openStore()
    const { writer, chunks } = openWriter(store)
    await write.plan('p1', { metadata: { tags: ['a'] } })
    const value = partOf(chunks[0]).value as { title?: string; metadata: { tags: string[] } }
    value.title = 'Changed'
    value.metadata.tags.push('b')
    expect((await store.get({ entity: 'plan', key: 'p1' }))?.value.metadata).toEqual({ tags: ['a'] })
    await writer.close()
  })
})

describe('the snapshot', () => {
  test('LIVE-31 the stream begins with what the scope holds, removed tasks included', async () => {
    const { store, write } = openStore()
    await write.plan('p1')
    await write.list('l1')
    await write.task('l1', 'a')
    await write.task('l1', 'b')
    await write.task('l1', 'b', { removedAt: 5 }, 'removed')
    const { writer, chunks, names } = openWriter(store)
    await writer.close()
    expect(names().toSorted()).toEqual(['plan:p1', 'task:l1/a', 'task:l1/b', 'tasklist:l1'])
    expect(partOf(chunks.find(({ id }) => id === 'task:l1/b'))).toMatchObject({ value: { removedAt: 5 } })
  })

  test('LIVE-31 snapshot: false leaves it out', async () => {
    const { store, write } = openStore()
    await write.plan('p1')
    const { writer, names } = openWriter(store, { snapshot: false })
    await write.plan('p2')
    await writer.close()
    expect(names()).toEqual(['plan:p2'])
  })

  test('LIVE-31 a change during the snapshot is neither lost nor undone by it', async () => {
    const { store, write } = openStore()
    for (let index = 0; index < 450; index++) await write.plan(`p${String(index).padStart(3, '0')}`)
    const { writer, chunks } = openWriter(store)
    const changes: Promise<unknown>[] = []
    for (let index = 0; index < 450; index += 7) {
      changes.push(write.plan(`p${String(index).padStart(3, '0')}`, { title: 'Changed' }))
    }
    await Promise.all(changes)
    await writer.close()
    const newest = new Map<string, CruxDataPart>()
    for (const chunk of chunks) {
      const part = partOf(chunk)
      expect(part.revision).toBeGreaterThan(newest.get(part.key)?.revision ?? 0)
      newest.set(part.key, part)
    }
    expect(newest.size).toBe(450)
    expect([...newest.values()].filter(({ value }) => value['title'] === 'Changed')).toHaveLength(65)
  })

  test('LIVE-31 a snapshot that cannot be read is reported, and the chat goes on', async () => {
    const { store, write } = openStore()
    const broken: CruxStore = {
      ...store,
      changes: () => {
        throw new Error('no answer')
      },
    }
    const errors: unknown[] = []
    const { writer, names } = openWriter(broken, { onError: (error: unknown) => void errors.push(error) })
    await write.plan('p1')
    await writer.close()
    expect(names()).toEqual(['plan:p1'])
    expect(errors).toEqual([new Error('no answer')])
  })

  test('LIVE-31 a snapshot under way is given up when the client has left, and that is no error', async () => {
    const { store } = openStore()
    const signals: AbortSignal[] = []
    const slow: CruxStore = {
      ...store,
      async *changes(options) {
        signals.push(options.signal)
        await new Promise((resolve) => options.signal.addEventListener('abort', resolve))
        yield* store.changes(options)
      },
    }
    const leaving = new AbortController()
    const errors: unknown[] = []
    const onError = (error: unknown) => void errors.push(error)
    const { writer } = openWriter(slow, { signal: leaving.signal, onError })
    leaving.abort()
    await writer.close()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(errors).toEqual([])
  })

  test('LIVE-31 parts that persist are in the snapshot too, also of a writer that closes at once', async () => {
    const { store, write } = openStore()
    await write.plan('p1')
    const { writer, names } = openWriter(store, { persist: true })
    await writer.close()
    expect(names()).toEqual(['plan:p1'])
  })

  test('LIVE-31 when the data may be other data, everything is sent again, whatever its revision', async () => {
    const { store, write } = openStore()
    const backup = openStore()
    await backup.write.plan('p1', { title: 'From the backup' })
    let restart = () => {}
    let isRestored = false
    const restarting: CruxStore = {
      ...store,
      changes: (options) => (isRestored ? backup.store : store).changes(options),
      subscribe: (listener) => {
        restart = () => {
          isRestored = true
          listener({ changes: [], reset: true })
        }
        return store.subscribe(listener)
      },
    }
    const { writer, chunks } = openWriter(restarting)
    await write.plan('p1')
    await write.plan('p1', { title: 'Later' })
    restart()
    await writer.close()
    expect(partOf(chunks.at(-1))).toMatchObject({ revision: 1, value: { title: 'From the backup' } })
  })
})

describe('coalescing', () => {
  test('LIVE-32 progress waits for more progress, meaning goes at once and takes it along', async () => {
    const { store } = openStore()
    const crux = createCrux({ store })
    const list = await crux.tasklist({
      id: 'l1',
      tasks: [
        { id: 'a', label: 'A' },
        { id: 'b', label: 'B' },
      ],
    })
    await list.startTask('a')
    await list.startTask('b')
    const { writer, chunks } = openWriter(store, { snapshot: false, progressWindowMs: 60_000 })
    const percents = () =>
      chunks.map((chunk) => partOf(chunk).value['percent'] ?? partOf(chunk).value['status'])
    // The first is not known to be progress alone, the second opens the window.
    for (const percent of [1, 2, 3, 4, 5]) await list.reportProgress('a', { percent })
    expect(percents()).toEqual([1, 2])
    await list.completeTask('b')
    expect(percents()).toEqual([1, 2, 5, 'completed', 'in_progress'])
    await writer.close()
    expect(percents()).toHaveLength(5)
  })

  test('LIVE-32 what waits leaves when the window ends', async () => {
    const { store } = openStore()
    const crux = createCrux({ store })
    const list = await crux.tasklist({ id: 'l1', tasks: [{ id: 'a', label: 'A' }] })
    await list.startTask('a')
    const { writer, chunks } = openWriter(store, { snapshot: false, progressWindowMs: 20 })
    for (let percent = 1; percent <= 50; percent++) await list.reportProgress('a', { percent })
    await eventually(() => expect(partOf(chunks.at(-1)).value['percent']).toBe(50))
    expect(chunks.length).toBeLessThan(50)
    await writer.close()
  })

  test('LIVE-32 everything delivered is written before close() returns its promise', async () => {
    const { store } = openStore()
    const crux = createCrux({ store })
    const list = await crux.tasklist({ id: 'l1', tasks: [{ id: 'a', label: 'A' }] })
    await list.startTask('a')
    const { writer, chunks } = openWriter(store, { snapshot: false, progressWindowMs: 60_000 })
    for (const percent of [1, 2, 3]) await list.reportProgress('a', { percent })
    const closing = writer.close()
    expect(partOf(chunks.at(-1)).value['percent']).toBe(3)
    await closing
  })

  test('LIVE-32 close() is idempotent, and after it nothing is written', async () => {
    const { store, open, write } = openStore()
    const { writer, chunks, names } = openWriter(store)
    await write.plan('p1')
    const closing = writer.close()
    expect(writer.close()).toBe(closing)
    await closing
    await write.plan('p2')
    writer.write({ type: 'finish' })
    expect(names()).toEqual(['plan:p1'])
    expect(chunks).toHaveLength(1)
    expect(open()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-32 while merged streams go on, close() writes what waits now, and at their end what came since', async () => {
    const { store } = openStore()
    const list = await createCrux({ store }).tasklist({ id: 'l1', tasks: [{ id: 'a', label: 'A' }] })
    await list.startTask('a')
    const chunks: Chunk[] = []
    const model = feedable()
    const target = {
      write: (chunk: object) => void chunks.push(chunk as Chunk),
      merge: (stream: ReadableStream<Chunk>) => void read(stream),
    }
    const writer = createCruxStreamWriter<Chunk>(target, store, { snapshot: false, progressWindowMs: 60_000 })
    const percent = () => partOf(chunks.at(-1)).value['percent']
    writer.merge(model.stream)
    for (const value of [1, 2, 3]) await list.reportProgress('a', { percent: value })
    expect(percent()).toBe(2)
    const closing = writer.close()
    expect(percent()).toBe(3)
    for (const value of [4, 5]) await list.reportProgress('a', { percent: value })
    expect(percent()).toBe(3)
    model.end()
    await closing
    expect(percent()).toBe(5)
  })

  test('LIVE-32 a client that left is not waited for', async () => {
    const { store } = openStore()
    const leaving = new AbortController()
    const model = feedable()
    const target = { write: () => {}, merge: (stream: ReadableStream<Chunk>) => void read(stream) }
    const writer = createCruxStreamWriter<Chunk>(target, store, { signal: leaving.signal })
    writer.merge(model.stream)
    leaving.abort()
    await writer.close()
    model.end()
  })

  test('LIVE-32 the signal ends the subscription at once, not the chunks of the application', async () => {
    const { store, open, write } = openStore()
    const leaving = new AbortController()
    const { writer, names } = openWriter(store, { signal: leaving.signal })
    await write.plan('p1')
    leaving.abort()
    expect(open().listeners).toBe(0)
    await settle()
    expect(open()).toEqual({ feeds: 0, listeners: 0 })
    await write.plan('p2')
    writer.write({ type: 'abort' })
    await writer.close()
    expect(names()).toEqual(['plan:p1', 'abort'])

    const { writer: late } = openWriter(store, { signal: leaving.signal })
    expect(open().listeners).toBe(0)
    await late.close()
  })
})

describe('createCruxUIMessageStream', () => {
  const open = (...given: Parameters<typeof createCruxUIMessageStream<Chunk>>) =>
    read(createCruxUIMessageStream<Chunk>(...given) as ReadableStream<Chunk>)

  test('LIVE-33 it ends when execute and every merged stream have ended, also one merged late', async () => {
    const { store, open: uses } = openStore()
    const [first, second] = [feedable(), feedable()]
    const { names, done, until } = open({
      store,
      execute: async ({ writer, crux }) => {
        writer.merge(first.stream)
        await crux.plan({ id: 'p1', title: 'Launch' })
      },
    })
    first.push(start, ...text('1'))
    await until(() => expect(names()).toHaveLength(5))
    let isDone = false
    void done.then(() => (isDone = true))
    first.end()
    second.end()
    await done
    expect(isDone).toBe(true)
    expect(names().toSorted()).toEqual(['plan:p1', 'start', 'text-delta', 'text-end', 'text-start'])
    expect(uses()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-33 a stream merged by another one counts too', async () => {
    const { store } = openStore()
    const outer = feedable()
    const { done, names } = open({
      store,
      execute: ({ writer }) => {
        writer.merge(
          outer.stream.pipeThrough(
            new TransformStream<Chunk, Chunk>({
              flush: () => writer.merge(streamOf(...text('2'), finish)),
            }),
          ),
        )
      },
    })
    outer.push(start)
    outer.end()
    await done
    expect(names()).toEqual(['start', 'text-start', 'text-delta', 'text-end', 'finish'])
  })

  test('LIVE-33 it gives start first, its own only where there is none', async () => {
    const { store, write } = openStore()
    await write.plan('p1')
    const withId = { type: 'start', messageId: 'm1' }
    const cases: [Chunk[], string[]][] = [
      [[], ['start', 'plan:p1']],
      [
        [startStep, ...text()],
        ['start', 'plan:p1', 'start-step', 'text-start', 'text-delta', 'text-end'],
      ],
      [
        [start, startStep],
        ['start', 'plan:p1', 'start-step'],
      ],
      [
        [withId, startStep],
        ['start', 'plan:p1', 'start', 'start-step'],
      ],
    ]
    for (const [chunks, expected] of cases) {
      const { all } = open({
        store,
        execute: async ({ writer }) => {
          // After the snapshot.
          await settle()
          writer.merge(streamOf(...chunks))
        },
      })
      expect((await all()).map(nameOf)).toEqual(expected)
    }
    const { all } = open({
      store,
      snapshot: false,
      execute: ({ writer }) => writer.merge(streamOf(withId, ...text())),
    })
    expect((await all())[0]).toEqual(withId)
  })

  test('LIVE-33 sendStart: false adds none', async () => {
    const { store, write } = openStore()
    await write.plan('p1')
    const { all } = open({ store, sendStart: false, execute: ({ writer }) => writer.write(startStep) })
    expect((await all()).map(nameOf)).toEqual(['start-step', 'plan:p1'])
  })

  test('LIVE-34 a throw in execute ends the stream with a masked error part and leaves nothing', async () => {
    const cases = {
      sync: () => {
        throw new Error('password is 1234')
      },
      async: async () => {
        await settle()
        throw new Error('password is 1234')
      },
    }
    for (const fail of Object.values(cases)) {
      const { store, open: uses, write } = openStore()
      await write.plan('p1')
      const errors: unknown[] = []
      const endless = feedable()
      endless.push(start)
      const { all } = open({
        store,
        execute: ({ writer }) => {
          writer.merge(endless.stream)
          return fail()
        },
        onError: (error) => {
          errors.push(error)
          return 'An error occurred.'
        },
      })
      const chunks = await all()
      expect(chunks.at(-1)).toEqual(masked)
      expect(chunks.map(nameOf)).toContain('plan:p1')
      expect(errors).toEqual([new Error('password is 1234')])
      expect(uses()).toEqual({ feeds: 0, listeners: 0 })
      expect(endless.seen.isCancelled).toBe(true)
    }
  })

  test('LIVE-34 without onError the error is masked and logged', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => log.mockRestore())
    const { store } = openStore()
    const { all } = open({ store, execute: () => Promise.reject(new Error('secret')) })
    expect(await all()).toEqual([start, masked].slice(1))
    expect(log).toHaveBeenCalledWith(expect.any(String), new Error('secret'))
  })

  test('LIVE-34 an onError that throws does not leak, and a merged stream that fails ends the whole', async () => {
    const { store, open: uses } = openStore()
    const broken = feedable()
    const { all } = open({
      store,
      execute: ({ writer }) => writer.merge(broken.stream),
      onError: () => {
        throw new Error('no')
      },
    })
    broken.push(start)
    broken.fail(new Error('secret'))
    const chunks = await all()
    expect(chunks.at(-1)).toEqual(masked)
    expect(uses()).toEqual({ feeds: 0, listeners: 0 })
  })

  test('LIVE-34 onError chooses the text', async () => {
    const { store } = openStore()
    const { all } = open({
      store,
      execute: () => Promise.reject(new Error('x')),
      onError: () => 'Try again.',
    })
    expect((await all()).at(-1)).toEqual({ type: 'error', errorText: 'Try again.' })
  })

  test('LIVE-34 a reader that leaves ends the subscription and what is merged, and later writes are lost', async () => {
    const { store, open: uses, write } = openStore()
    const model = feedable()
    let finishAgent = () => {}
    const errors: unknown[] = []
    const { cancel, chunks, until } = open({
      store,
      execute: async ({ writer }) => {
        writer.merge(model.stream)
        await new Promise<void>((resolve) => (finishAgent = resolve))
        writer.write(finish)
        writer.merge(late.stream)
        throw new DOMException('gone', 'AbortError')
      },
      onError: (error) => {
        errors.push(error)
        return ''
      },
    })
    const late = feedable()
    model.push(start)
    await until(() => expect(chunks).toHaveLength(1))
    await cancel('left')
    expect(uses().listeners).toBe(0)
    expect(model.seen).toMatchObject({ isCancelled: true, cancelled: 'left' })
    await write.plan('p1')
    finishAgent()
    await settle()
    expect(late.seen.isCancelled).toBe(true)
    expect(uses()).toEqual({ feeds: 0, listeners: 0 })
    expect(errors).toEqual([])
  })

  test('LIVE-34 what is merged after the end is cancelled', async () => {
    const { store } = openStore()
    const late = feedable()
    let merge = () => {}
    const { cancel } = open({
      store,
      execute: ({ writer }) => {
        merge = () => writer.merge(late.stream)
        return new Promise(() => {})
      },
    })
    await cancel()
    merge()
    expect(late.seen.isCancelled).toBe(true)
  })

  test('LIVE-34 after a failure nobody waits for an execute that goes on', async () => {
    const { store } = openStore()
    const broken = feedable()
    broken.fail(new Error('model'))
    const { all } = open({
      store,
      execute: ({ writer }) => {
        writer.merge(broken.stream)
        return new Promise(() => {})
      },
      onError: () => 'An error occurred.',
    })
    expect(await all()).toEqual([masked])
  })

  test('LIVE-34 two chats on one store each see only their scope', async () => {
    const { store } = openStore()
    const chats = ['chat:1:', 'chat:11:'].map((scope) => {
      const view = store.scope(scope)
      return { scope, view, ...open({ store: view, execute: ({ crux }) => run(crux) }) }
    })
    async function run(crux: ReturnType<typeof createCrux>) {
      for (let index = 0; index < 20; index++) {
        await crux.plan({ title: `Plan ${index}` })
        await crux.tasklist({ tasks: [{ label: 'A' }] })
      }
    }
    for (const { all, scope } of chats) {
      const keys = (await all()).filter(({ type }) => type === 'data-crux').map((chunk) => partOf(chunk).key)
      expect(keys).toHaveLength(60)
      expect(keys.filter((key) => !key.startsWith(scope))).toEqual([])
    }
  })

  test('D7 a reader that reads on gets what waited, also if the application says nothing', async () => {
    const { store, write } = openStore()
    let end = () => {}
    const stream = createCruxUIMessageStream<Chunk>({
      store,
      execute: () => new Promise<void>((resolve) => (end = resolve)),
    })
    await settle()
    for (const id of ['a', 'b', 'b', 'b']) await write.plan(id)
    const { names, until, done } = read(stream as ReadableStream<Chunk>)
    await until(() => expect(names()).toEqual(['start', 'plan:a', 'plan:b']))
    end()
    await done
  })

  test('D7 for a reader that stopped, parts take the space of one per entity, and merged streams wait', async () => {
    const { store, write } = openStore()
    const model = feedable()
    let end = () => {}
    const stream = createCruxUIMessageStream<Chunk>({
      store,
      execute: ({ writer }) => {
        writer.merge(model.stream)
        return new Promise<void>((resolve) => (end = resolve))
      },
    }) as ReadableStream<Chunk>
    model.push(start, ...text())
    await settle()
    for (let index = 0; index < 500; index++)
      await write.commit(taskChange('l1', `t${index % 5}`, { attempt: index }))
    expect(model.seen.pulls).toBe(0)
    const { names, chunks, until, done } = read(stream)
    await until(() => expect(names()).toContain('text-end'))
    const parts = chunks.filter(({ type }) => type === 'data-crux').map(partOf)
    expect(parts.length).toBeLessThan(12)
    const newest = new Map(parts.map((part) => [part.key, part.value['attempt']]))
    expect(Object.fromEntries(newest)).toEqual({
      'l1/t0': 495,
      'l1/t1': 496,
      'l1/t2': 497,
      'l1/t3': 498,
      'l1/t4': 499,
    })
    model.end()
    end()
    await done
  })
})
