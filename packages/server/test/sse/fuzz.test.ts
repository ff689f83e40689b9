import { parseEventStream, SseError } from '@crux/core/sse'
import type { SseData, SseStream } from '@crux/server'
import fc from 'fast-check'
import { describe, expect } from 'vitest'
import { eventsUrl, readAll, test, turn } from '../support/sse-test.ts'

// More of them: CRUX_RUNS=100000
const numRuns = Number(process.env['CRUX_RUNS'] ?? 300)
const timeout = 60_000 + numRuns * 20

/** Text with everything that has a meaning on the wire. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('\r', '\n', '\0', ' ', ':', 'data: x', 'id: 1', 'sse:end', '\ud800', '漢', '\ufeff'),
      fc.string(),
    ),
    {
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))

const badData = [
  undefined,
  () => {},
  Symbol('s'),
  1n,
  Promise.resolve(),
  new Uint8Array(1),
  { toJSON: () => undefined },
]
const data = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 3, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constantFrom(...badData) },
) as fc.Arbitrary<SseData>

const frame = fc.record(
  {
    event: fc.option(text, { nil: undefined }),
    data,
    id: fc.option(fc.oneof(text, fc.integer(), fc.double()), { nil: undefined }),
    retry: fc.option(fc.oneof(fc.nat(), fc.double()), { nil: undefined }),
  },
  { requiredKeys: ['data'] },
)

/** What a receiver is to get of data. */
const asReceived = (value: SseData) =>
  (typeof value === 'object' ? JSON.stringify(value) : String(value))
    .toWellFormed()
    .replaceAll(/\r\n|\r/g, '\n')

describe('REL-20 whatever a handler writes', () => {
  test(
    'REL-20 REL-21 REL-22 SSE-12 SSE-14 only what was accepted arrives, as it was, and every refusal is typed',
    { timeout },
    async ({ makeSse }) => {
      const before = Object.getOwnPropertyNames(Object.prototype)
      await fc.assert(
        fc.asyncProperty(
          fc.array(frame, { maxLength: 5 }),
          fc.array(text, { maxLength: 2 }),
          async (frames, comments) => {
            const expected: { event: string; data: string; id: string }[] = []
            let lastId = ''
            const route = makeSse(async (stream) => {
              for (const comment of comments) await stream.comment(comment)
              for (const given of frames) {
                try {
                  expect(await stream.writeSSE(given)).toBe(true)
                } catch (error) {
                  expect(error).toBeInstanceOf(SseError)
                  continue
                }
                if (given.id !== undefined) lastId = String(given.id).toWellFormed()
                expected.push({
                  event: (given.event || 'message').toWellFormed(),
                  data: asReceived(given.data),
                  id: lastId,
                })
              }
            })
            const { body } = route(new Request(eventsUrl))
            const received = []
            for await (const message of parseEventStream(body as ReadableStream<Uint8Array>))
              received.push(message)
            const end = { event: 'end', data: '{"reason":"complete"}', id: 'sse:end' }
            expect(received).toEqual([...expected, end])
            expect(route.errors).toHaveLength(frames.length - expected.length)
          },
        ),
        { numRuns },
      )
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    },
  )

  test(
    'REL-20 SSE-3 in any order of writes, reads and ends there is one word, one end, and no slot is kept',
    { timeout },
    async ({ makeSse }) => {
      const steps = fc.array(
        fc.oneof(
          {
            weight: 6,
            arbitrary: fc.record({ write: fc.integer({ min: 0, max: 3_000 }), isAwaited: fc.boolean() }),
          },
          { weight: 3, arbitrary: fc.constant('read' as const) },
          { weight: 2, arbitrary: fc.constant('turn' as const) },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              'close' as const,
              'fail' as const,
              'cancel' as const,
              'abort' as const,
              'shutdown' as const,
            ),
          },
        ),
        { maxLength: 15 },
      )
      await fc.assert(
        fc.asyncProperty(steps, async (todo) => {
          let stream: SseStream | undefined
          let fail = (_error: Error) => {}
          const route = makeSse(
            (given) => {
              stream = given
              return new Promise((_resolve, reject) => {
                fail = reject
              })
            },
            { maxBufferedBytes: 5_000, highWaterMarkBytes: 1_000 },
          )
          const leaving = new AbortController()
          const response = route(new Request(eventsUrl, { signal: leaving.signal }))
          const reader = response.body?.getReader()
          await turn()
          let aborts = 0
          stream?.onAbort(() => void aborts++)
          const writes: Promise<boolean>[] = []
          let accepted = ''
          let received = ''
          let hasLeft = false
          const decoder = new TextDecoder()
          const readOnce = async () => {
            const result = await reader?.read()
            if (result?.value) received += decoder.decode(result.value, { stream: true })
            return result?.done ?? true
          }
          for (const step of todo) {
            if (step === 'read') void readOnce().catch(() => {})
            else if (step === 'turn') await turn()
            else if (step === 'close') stream?.close()
            else if (step === 'fail') fail(new Error('hunter2'))
            else if (step === 'abort') {
              hasLeft = true
              leaving.abort()
            } else if (step === 'shutdown') route.close()
            else if (step === 'cancel') {
              hasLeft = true
              void reader?.cancel()
            } else {
              accepted += `data:${step.write === 0 ? '' : ` ${'x'.repeat(step.write)}`}\n\n`
              const writing = stream?.write('x'.repeat(step.write))
              if (writing) writes.push(writing)
              if (step.isAwaited) await turn()
            }
          }
          stream?.close()
          while (!(await readOnce()));
          const word = await stream?.closed
          await Promise.all(writes)
          expect(route.stats()).toEqual({ open: 0 })
          expect(aborts).toBe(word === 'complete' || word === 'error' ? 0 : 1)
          expect(received).not.toContain('hunter2')
          const last = /event: (stream-error|end)\n[^]*$/.exec(received)?.[0] ?? ''
          const ends = received.split('sse:end').length - 1
          const isSaid = word === 'complete' || word === 'error'
          // Who has left may have gone before the last bytes, which are dropped then.
          expect(isSaid && !hasLeft ? ends === 1 : ends <= Number(isSaid)).toBe(true)
          // What has arrived is a beginning of what was written.
          expect(`:\n\n${accepted}`.startsWith(received.slice(0, received.length - last.length))).toBe(true)
        }),
        { numRuns },
      )
    },
  )

  test(
    'REL-20 SSE-21 any Last-Event-ID is an id that can be sent again, or none',
    { timeout },
    async ({ makeSse }) => {
      const route = makeSse(async (stream) => {
        await stream.write(JSON.stringify(stream.lastEventId))
      })
      const byte = fc.oneof(
        fc.constantFrom('\t', ' ', '\u007f', '\u00ff', ','),
        fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)),
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(byte, { maxLength: 1_100 }).map((bytes) => bytes.join('')),
          text,
          async (header, query) => {
            const given = await readAll(route, { headers: { 'last-event-id': header } })
            const parameter = await route(
              new Request(`${eventsUrl}?lastEventId=${encodeURIComponent(query.toWellFormed())}`),
            ).text()
            for (const body of [given, parameter]) {
              // The 204 of one that has come to the end.
              if (body === '') continue
              const id: unknown = JSON.parse(/^:\n\ndata: (.*)\n/.exec(body)?.[1] ?? '0')
              expect(id).toEqual(expect.any(String))
              expect(String(id)).not.toMatch(/[\0\r\n]/)
              expect(new TextEncoder().encode(String(id)).length).toBeLessThanOrEqual(1_024)
            }
          },
        ),
        { numRuns },
      )
    },
  )
})
