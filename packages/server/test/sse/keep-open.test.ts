import type { SseHandler, SseStream } from '@crux/server'
import { describe, expect } from 'vitest'
import { eventually } from '../../../../test/eventually.ts'
import { read, readAll, said, takeStream, test, turn } from '../support/sse-test.ts'

describe('SSE-5 what it means that a handler has returned', () => {
  /** The rows of the table. */
  const handlers: Record<string, SseHandler> = {
    'a plain function': () => {},
    'a plain function that has written': (stream) => void stream.write(1),
    'an async one that has written': async (stream) => void (await stream.write(1)),
    'an async one that has written and waits for the abort': async (stream) => {
      stream.onAbort(() => {})
      await stream.write(1)
    },
    'an async one without an event': async () => {},
    'an async one with a comment alone': async (stream) => void (await stream.comment('hello')),
    'an async one whose only write was refused': async (stream) => {
      await stream.write(undefined as never).catch(() => {})
    },
    'an async one without an event that waits for the abort': async (stream) => {
      stream.onAbort(() => {})
    },
    'an async one with a comment alone that waits for the abort': async (stream) => {
      stream.onAbort(() => {})
      await stream.comment('hello')
    },
    'an async one with an event and a comment that waits for the abort': async (stream) => {
      stream.onAbort(() => {})
      await stream.write(1)
      await stream.comment('hello')
    },
    'an async one that has stopped waiting for the abort': async (stream) => {
      stream.onAbort(() => {})()
    },
    // oxlint-disable-next-line unicorn/no-thenable -- a promise of another kind is one too
    'one that returns a thenable': () => ({ then: (done: () => void) => done() }) as never,
  }

  test.for([
    ['a plain function', undefined, 'open'],
    ['a plain function', true, 'open'],
    ['a plain function', false, 'complete'],
    ['a plain function that has written', undefined, 'open'],
    ['a plain function that has written', true, 'open'],
    ['a plain function that has written', false, 'complete'],
    ['an async one that has written', undefined, 'complete'],
    ['an async one that has written', true, 'open'],
    ['an async one that has written', false, 'complete'],
    ['an async one that has written and waits for the abort', undefined, 'complete'],
    ['an async one without an event', undefined, 'complete'],
    ['an async one without an event', true, 'open'],
    ['an async one without an event', false, 'complete'],
    ['an async one with a comment alone', undefined, 'complete'],
    ['an async one with a comment alone that waits for the abort', undefined, 'open'],
    ['an async one with an event and a comment that waits for the abort', undefined, 'complete'],
    ['an async one whose only write was refused', undefined, 'complete'],
    ['an async one without an event that waits for the abort', undefined, 'open'],
    ['an async one without an event that waits for the abort', true, 'open'],
    ['an async one without an event that waits for the abort', false, 'complete'],
    ['an async one that has stopped waiting for the abort', undefined, 'complete'],
    ['one that returns a thenable', undefined, 'complete'],
  ] as const)('SSE-5 %s, keepOpen %s: %s', async ([name, keepOpen, expected], { makeSse }) => {
    let closed: Promise<unknown> | undefined
    const route = makeSse(
      (stream, request) => {
        closed = stream.closed
        return handlers[name]?.(stream, request)
      },
      { keepOpen },
    )
    const body = read(route)
    await turn()
    await turn()
    if (expected === 'open') {
      expect([body.isEnded(), route.stats()]).toEqual([false, { open: 1 }])
      await body.cancel()
      expect(await closed).toBe('aborted')
    } else {
      expect(await closed).toBe('complete')
      expect(await body.untilEnd()).toMatch(/event: end\nid: sse:end\ndata: {"reason":"complete"}\n\n$/)
    }
    expect(route.stats()).toEqual({ open: 0 })
  })

  test('SSE-5 an undo after the promise has fulfilled changes nothing', async ({ makeSse }) => {
    let undo = () => {}
    const { handler, stream } = takeStream()
    const route = makeSse(async (given, request) => {
      undo = given.onAbort(() => {})
      await handler(given, request)
    })
    const body = read(route)
    const { write } = await stream
    await turn()
    undo()
    await turn()
    expect(await write('still open')).toBe(true)
    await body.until('data: still open')
  })
})

describe('SSE-6 mistakes are loud', () => {
  const mistakes: Record<string, SseHandler> = {
    'after a write': async (stream) => {
      await stream.write('first')
      setTimeout(() => void stream.write('late'), 1)
    },
    'without onAbort': async (stream) => {
      setTimeout(() => void stream.write('late'), 1)
    },
  }

  test.for(Object.keys(mistakes))(
    'SSE-6 an async handler that starts a timer and returns %s is told, once',
    async (name, { makeSse }) => {
      const { handler, stream } = takeStream()
      const route = makeSse(async (given, request) => {
        void handler(given, request)
        await mistakes[name]?.(given, request)
      })
      const text = await readAll(route)
      expect(text).not.toContain('late')
      await eventually(() => expect(route.errors).toHaveLength(1))
      expect(route.errors).toMatchObject([
        { phase: 'write', error: { name: 'SseError', code: 'write-after-return' } },
      ])
      expect(String(route.errors[0]?.error)).toMatch(/await.*keepOpen: true/)
      const { write } = await stream
      expect(await write('later')).toBe(false)
      expect(route.errors).toHaveLength(1)
    },
  )

  test('SSE-6 a write after close(), or after the client has left, is no mistake', async ({ makeSse }) => {
    const streams: SseStream[] = []
    const routes = [
      makeSse((stream) => void streams.push(stream)),
      makeSse(async (stream) => {
        streams.push(stream)
        await stream.closed
      }),
      makeSse(async (stream) => {
        streams.push(stream)
        stream.close()
      }),
    ]
    for (const route of routes) {
      streams.length = 0
      const [first, second] = [read(route), read(route)]
      await turn()
      streams[0]?.close()
      await second.cancel()
      await turn()
      expect(streams).toHaveLength(2)
      for (const stream of streams) expect(await stream.write('late')).toBe(false)
      expect(await first.untilEnd()).toBe(`:\n\n${said('complete')}`)
      expect(route.errors).toEqual([])
    }
  })

  test('SSE-6 a plain function with a timer, and its async twin with onAbort, stay open', async ({
    makeSse,
  }) => {
    const cleared: string[] = []
    const plain = makeSse((stream) => {
      const timer = setInterval(() => void stream.write('tick'), 1)
      stream.onAbort(() => {
        clearInterval(timer)
        cleared.push('plain')
      })
    })
    const twin = makeSse(async (stream) => {
      const timer = setInterval(() => void stream.write('tick'), 1)
      stream.onAbort(() => {
        clearInterval(timer)
        cleared.push('twin')
      })
      await turn()
    })
    for (const route of [plain, twin]) {
      const body = read(route)
      await body.until('data: tick\n\ndata: tick\n\n')
      await body.cancel()
    }
    expect(cleared).toEqual(['plain', 'twin'])
  })

  test('SSE-6 an export that finds no rows ends', async ({ makeSse }) => {
    const rows: string[] = []
    const route = makeSse(async (stream) => {
      for (const row of rows) await stream.write(row)
    })
    expect(await readAll(route)).toBe(`:\n\n${said('complete')}`)
  })
})
