import { injectTaskPlanIntoStream, taskPlanSseTransform, type TaskPlanOptions } from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import { bodyOf, cut, decode, encode, eventStream, injectedInto, join, withoutInjected } from './bodies.ts'
import { fixture } from './fixtures.ts'
import { finish, foldedPlan, inputStart, output, start, startStep, summary } from './run-reducer.ts'
import { collect, streamOf, turn } from './streams.ts'

const stream = (...chunks: unknown[]) => new Response(bodyOf(...chunks), eventStream)
const open = [start, startStep, inputStart('a')]

describe('INJ-A18 INJ-120 a response that is no UI message stream comes back as the same object', () => {
  test.each<[string, () => Response, string]>([
    [
      'gzip',
      () => new Response('x', { headers: { ...eventStream.headers, 'content-encoding': 'gzip' } }),
      'content-encoding',
    ],
    ['429 with JSON', () => Response.json({ error: 'slow down' }, { status: 429 }), 'not-ok'],
    ['an event stream with status 500', () => new Response('x', { ...eventStream, status: 500 }), 'not-ok'],
    ['204', () => new Response(null, { status: 204 }), 'no-body'],
    ['304', () => new Response(null, { status: 304 }), 'not-ok'],
    ['HEAD', () => new Response(null, eventStream), 'no-body'],
    [
      'text/plain',
      () => new Response('x', { headers: { 'content-type': 'text/plain' } }),
      'not-event-stream',
    ],
    ['no content type', () => new Response(bodyOf(start)), 'not-event-stream'],
    ['a redirect', () => Response.redirect('https://x.test/'), 'not-ok'],
    ['an error', () => Response.error(), 'not-ok'],
  ])('%s', (_, make, reason) => {
    const reasons: string[] = []
    const response = make()
    expect(injectTaskPlanIntoStream(response, { onSkip: (why) => reasons.push(why) })).toBe(response)
    expect(reasons).toEqual([reason])
    expect(response.bodyUsed).toBe(false)
  })

  test('a skipped response may have been read already', async () => {
    const response = new Response('x', { headers: { 'content-type': 'text/plain' } })
    await response.text()
    expect(injectTaskPlanIntoStream(response)).toBe(response)
  })

  test('what onSkip throws goes to onError', async () => {
    const errors: unknown[] = []
    const fail = () => {
      throw new Error('skip')
    }
    injectTaskPlanIntoStream(new Response('x'), { onSkip: fail, onError: (error) => errors.push(error) })
    await turn()
    expect(errors.map(String)).toEqual(['Error: skip'])
  })
})

describe('a response that is one', () => {
  test('INJ-122 keeps status, status text and headers, but for those of the old body', () => {
    const headers = new Headers({ ...fixture('ai7/03').headers, 'x-own': '1' })
    for (const name of [
      'content-length',
      'content-md5',
      'digest',
      'content-digest',
      'repr-digest',
      'etag',
      'accept-ranges',
    ]) {
      headers.set(name, '1')
    }
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2; Path=/')
    const response = new Response(bodyOf(...open), { headers, status: 203, statusText: 'Streamed' })
    const injected = injectTaskPlanIntoStream(response)
    expect([injected.status, injected.statusText]).toEqual([203, 'Streamed'])
    expect(injected.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
    expect([...injected.headers.keys()].filter((name) => name !== 'set-cookie').toSorted()).toEqual(
      [...Object.keys(fixture('ai7/03').headers), 'x-own'].toSorted(),
    )
  })

  test.each(['text/event-stream', 'text/event-stream; charset=utf-8', 'Text/Event-Stream'])(
    'INJ-120 is known by the media type %s alone, and identity is no encoding',
    async (type) => {
      const response = new Response(bodyOf(...open), {
        headers: { 'content-type': type, 'content-encoding': 'identity' },
      })
      expect(injectedInto(await injectTaskPlanIntoStream(response).text())).toHaveLength(2)
    },
  )

  test('INJ-12 the id of the plan may be given alone', async () => {
    const text = await injectTaskPlanIntoStream(stream(...open), 'session:1:turn_42').text()
    expect(injectedInto(text)[0]?.id).toBe('session:1:turn_42')
  })

  test('INJ-121 INJ-A18 one that was read, or is locked, throws and rejects nothing later', async () => {
    const rejections: unknown[] = []
    const listen = (reason: unknown) => rejections.push(reason)
    process.on('unhandledRejection', listen)
    const read = stream(...open)
    await read.text()
    expect(() => injectTaskPlanIntoStream(read)).toThrow(
      new TypeError(
        'The body of this response was read or is locked: pass the response on before reading it.',
      ),
    )
    const locked = stream(...open)
    const reader = locked.body?.getReader()
    expect(() => injectTaskPlanIntoStream(locked)).toThrow(TypeError)
    await reader?.cancel()
    await turn()
    process.off('unhandledRejection', listen)
    expect(rejections).toEqual([])
  })

  test('INJ-121 wrong options throw before anything else is looked at', () => {
    const plain = new Response('x')
    expect(() => injectTaskPlanIntoStream(plain, 'a/b')).toThrow(
      expect.objectContaining({ code: 'invalid-id' }),
    )
    expect(() => injectTaskPlanIntoStream(plain, { maxInspectBytes: 0 })).toThrow(
      expect.objectContaining({ code: 'invalid-value' }),
    )
  })

  test('INJ-124 wrapped twice with one id it has one plan, with two ids two', async () => {
    const once = await injectTaskPlanIntoStream(stream(...open, finish('stop'), '[DONE]'), {
      planId: 'p',
      now: () => 1,
    }).text()
    const wrap = (first: string, second: string) =>
      injectTaskPlanIntoStream(
        injectTaskPlanIntoStream(stream(...open, finish('stop'), '[DONE]'), { planId: first, now: () => 1 }),
        { planId: second, now: () => 1 },
      ).text()
    expect(await wrap('p', 'p')).toBe(once)
    const two = injectedInto(await wrap('p', 'q'))
    expect(summary(foldedPlan(two, 'p'))).toEqual(['a failed no-result'])
    expect(summary(foldedPlan(two, 'q'))).toEqual(['a failed no-result'])
  })
})

describe('the copy for consumeSseStream', () => {
  test('INJ-123 INJ-A26 has the plan in it, as text', async () => {
    const copies: Promise<string[]>[] = []
    const { bytes } = fixture('ai7/02')
    const reads = [...cut(bytes, [5]), bodyOf(...open)]
    const response = injectTaskPlanIntoStream(new Response(streamOf(reads), eventStream), {
      consumeSseStream: ({ stream: copy }) => void copies.push(collect(copy)),
    })
    const text = await response.text()
    expect((await copies[0])?.join('')).toBe(text)
    expect(copies).toHaveLength(1)
  })

  test('INJ-123 is not waited for, and what its consumer throws or rejects with goes to onError', async () => {
    const errors: string[] = []
    const consumers: TaskPlanOptions['consumeSseStream'][] = [
      () => new Promise(() => {}),
      () => Promise.reject(new Error('rejected')),
      () => {
        throw new Error('thrown')
      },
    ]
    for (const consumeSseStream of consumers) {
      const options = { consumeSseStream, onError: (error: unknown) => errors.push(String(error)) }
      expect(await injectTaskPlanIntoStream(stream(...open), options).text()).toContain('disconnected')
    }
    expect(errors).toEqual(['Error: rejected', 'Error: thrown'])
  })

  test('INJ-106 INJ-123 a reader that leaves ends its branch only; the source is cancelled when both are gone', async () => {
    const cancelled: unknown[] = []
    const plans: string[] = []
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(bodyOf(...open)),
      cancel: (reason) => void cancelled.push(reason),
    })
    let copy: ReadableStream<string> | undefined
    const response = injectTaskPlanIntoStream(new Response(source, eventStream), {
      consumeSseStream: (options) => {
        copy = options.stream
      },
      onPlan: (plan) => plans.push(String(summary(plan))),
    })
    const reader = response.body?.getReader()
    await reader?.read()
    void reader?.cancel('left')
    await turn()
    expect(cancelled).toEqual([])
    void copy?.cancel('left too')
    await turn()
    expect(cancelled).toHaveLength(1)
    expect(plans).toEqual(['a running', 'a skipped cancelled', 'a skipped cancelled'])
  })
})

describe('who reads', () => {
  test('INJ-A20 a cancel reaches an idle source within one turn, and nothing stays locked', async () => {
    const cancelled: unknown[] = []
    for (const layer of ['response', 'transform']) {
      const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(bodyOf(...open)),
        cancel: (reason) => void cancelled.push(`${layer}: ${String(reason)}`),
      })
      const inner = new Response(source, eventStream)
      const body =
        layer === 'response'
          ? injectTaskPlanIntoStream(inner).body
          : source.pipeThrough(taskPlanSseTransform())
      const reader = body?.getReader()
      await reader?.read()
      const pending = reader?.read()
      await reader?.cancel('left')
      expect(await pending).toEqual({ done: true, value: undefined })
      await turn()
      expect(layer === 'response' ? inner.body?.locked : source.locked).toBe(false)
    }
    expect(cancelled).toEqual(['response: left', 'transform: left'])
  })

  test('INJ-A20 INJ-102 a reader that never reads causes at most two reads ahead', async () => {
    let pulled = 0
    const source = () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>(
        {
          pull(controller) {
            pulled++
            controller.enqueue(encode('data: {"unfinished'))
          },
        },
        { highWaterMark: 0 },
      )
    const response = injectTaskPlanIntoStream(new Response(source(), eventStream))
    await turn()
    expect(pulled).toBe(0)
    const piped = source().pipeThrough(taskPlanSseTransform())
    await turn()
    await turn()
    expect(pulled).toBeLessThanOrEqual(2)
    await Promise.all([response.body?.cancel(), piped.cancel()])
  })

  test('INJ-143 a cancel is not waited for by onPlan, and onPlan hears the settled plan', async () => {
    const heard: string[] = []
    const source = new ReadableStream({ start: (controller) => controller.enqueue(bodyOf(...open)) })
    const response = injectTaskPlanIntoStream(new Response(source, eventStream), {
      onPlan: (plan, { final }) => {
        heard.push(`${String(summary(plan))} ${final}`)
        return new Promise(() => {})
      },
    })
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(heard).toEqual(['a running false', 'a skipped cancelled false', 'a skipped cancelled true'])
  })
})

test('INJ-A19 INJ-103 a hundred streams at once, byte by byte, do not mix, and one that is aborted disturbs none', async () => {
  const text = (index: number) => `Grüße ${index} 👩‍💻 日本語 é`
  const bodies = Array.from({ length: 100 }, (_, index) => {
    const delta = { type: 'text-delta', id: 't', delta: text(index) }
    return bodyOf(
      start,
      startStep,
      delta,
      inputStart(`call-${index}`),
      output(`call-${index}`),
      delta,
      finish('stop'),
      '[DONE]',
    )
  })
  const results = await Promise.all(
    bodies.map(async (body, index) => {
      const response = new Response(streamOf(cut(body, [1])), eventStream)
      const injected = injectTaskPlanIntoStream(response, { planId: `p${index}` })
      if (index === 50) {
        await injected.body?.cancel()
        return undefined
      }
      return join(await collect(injected.body as ReadableStream<Uint8Array>))
    }),
  )
  for (const [index, bytes] of results.entries()) {
    const out = bytes ?? bodies[index]
    expect(out && withoutInjected(out)).toEqual(bodies[index])
    expect(out && decode(out)).not.toContain('\uFFFD')
  }
  const plans = results.flatMap((bytes) => (bytes ? [foldedPlan(injectedInto(decode(bytes)))] : []))
  expect(plans.map((plan) => plan?.tasks[0]?.id)).toEqual(
    bodies.flatMap((_, index) => (index === 50 ? [] : [`call-${index}`])),
  )
})
