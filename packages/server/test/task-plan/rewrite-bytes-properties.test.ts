import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bodyOf, chunksIn, cut, decode, encode, inject, transform, withoutInjected } from './bodies.ts'
import { foldedPlan, runReducer, summary } from './run-reducer.ts'

const numRuns = Number(process.env['CRUX_RUNS'] ?? 200)

const callId = fc.constantFrom('a', 'b', 'ü')
const chunk = fc.oneof(
  fc.constantFrom(
    { type: 'start' },
    { type: 'start-step' },
    { type: 'finish-step' },
    { type: 'text-delta', id: 't', delta: '👩‍💻 data: \n\n "type":"finish"' },
    { type: 'reset-step' },
    { type: 'message-metadata', messageMetadata: { type: 'finish' } },
    { type: 'abort' },
  ),
  fc.record({
    type: fc.constantFrom('tool-input-start', 'tool-input-available'),
    toolCallId: callId,
    toolName: fc.constantFrom('search', 'meta__update_task_plan'),
    input: fc.constantFrom({ tasks: [{ label: 'One' }] }, 'x'.repeat(400)),
  }),
  fc.record({
    type: fc.constantFrom('tool-output-available', 'tool-output-error', 'tool-input-delta'),
    toolCallId: callId,
    preliminary: fc.boolean(),
    output: fc.oneof(fc.string(), fc.constant('y'.repeat(400))),
  }),
  fc.record({ type: fc.constant('finish'), finishReason: fc.constantFrom('stop', 'tool-calls') }),
)
const sizes = fc.array(fc.nat(40), { minLength: 1, maxLength: 30 })
const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
const failure = fc.option(fc.constant({ reason: 'lost' }), { nil: undefined })

/** Pieces of which something like an event stream is made. */
const shred = fc.oneof(
  { weight: 4, arbitrary: chunk.map((each) => `data: ${JSON.stringify(each)}`) },
  { weight: 6, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n') },
  fc.constantFrom(
    'data:',
    'data: ',
    ': comment',
    'id: 1',
    'event: x',
    'data: [DONE]',
    '\uFEFF',
    '{"type":',
    '"',
    '\\',
    '\u0000',
  ),
  fc.string(),
)

test('INJ-A25 REL-20 INJ-100 any bytes, cut anywhere, come out as they went in, in any layer', async () => {
  const bytes = fc.oneof(
    fc.array(shred, { maxLength: 30 }).map((parts) => encode(parts.join(''))),
    fc.uint8Array({ maxLength: 300 }).map((array) => Uint8Array.from(array)),
  )
  await fc.assert(
    fc.asyncProperty(bytes, sizes, failure, async (body, pieces, fault) => {
      for (const layer of [inject, transform]) {
        const { bytes: out, error } = await layer(cut(body, pieces), { maxInspectBytes: 200 }, fault)
        expect([...withoutInjected(out)]).toEqual([...body])
        expect(error).toBe(fault?.reason)
      }
    }),
    { numRuns },
  )
})

test('INJ-A1 INJ-2 any cut and any line end give the same plan as the chunks do, and as no cut does', async () => {
  const options = fc.record({ hideMetaTool: fc.boolean(), maxInspectBytes: fc.constantFrom(300, 100_000) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { minLength: 1, maxLength: 15 }),
      sizes,
      lineEnd,
      options,
      async (chunks, pieces, end, given) => {
        const body = encode(decode(bodyOf(...chunks, '[DONE]')).replaceAll('\n', end))
        const whole = await inject([body], given)
        const inPieces = await inject(cut(body, pieces), given)
        expect(inPieces.text).toBe(whole.text)

        const run = runReducer({ hideMetaTool: given.hideMetaTool })
        run.push(...chunks)
        run.settle('closed')
        const isCut =
          given.maxInspectBytes === 300 && chunks.some((each) => JSON.stringify(each).length > 280)
        // With the chunks of the body, as a client has them: one of these may take a step of the message back.
        const expected = foldedPlan(isCut ? chunksIn(whole.text) : run.out)
        expect(summary(foldedPlan(chunksIn(inPieces.text)))).toEqual(summary(expected))
      },
    ),
    { numRuns },
  )
})
