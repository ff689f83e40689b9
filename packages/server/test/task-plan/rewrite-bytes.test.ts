import { describe, expect, test } from 'vitest'
import {
  bodyOf,
  cut,
  decode,
  encode,
  inject,
  injectedInto,
  join,
  transform,
  withoutInjected,
} from './bodies.ts'
import { chunksOf, fixtures } from './fixtures.ts'
import {
  announce,
  finish,
  finishStep,
  foldedPlan,
  inputAvailable,
  inputStart,
  output,
  runReducer,
  start,
  startStep,
  summary,
  textStart,
  told,
} from './run-reducer.ts'

const lineEnds = { LF: '\n', CRLF: '\r\n', CR: '\r' }
const planOf = (text: string) => summary(foldedPlan(injectedInto(text)))

describe('INJ-A1 INJ-100 INJ-2 a recorded body comes out unchanged but for the plan, which does not depend on how it was cut', () => {
  for (const { name, bytes, readSizes, readError } of fixtures) {
    test.each(Object.entries(lineEnds))(`${name} with %s`, async (_, lineEnd) => {
      const body = lineEnd === '\n' ? bytes : encode(decode(bytes).replaceAll('\n', lineEnd))
      const run = runReducer({ now: () => 1 })
      run.push(...chunksOf(bytes))
      run.settle(readError === undefined ? 'closed' : 'failed')
      const expected = summary(foldedPlan(run.out))
      const failure = readError === undefined ? undefined : { reason: readError }

      const first = await inject([body], {}, failure)
      expect(withoutInjected(first.bytes)).toEqual(body)
      expect(planOf(first.text)).toEqual(expected)
      for (const sizes of [[1], [7], [64], readSizes]) {
        const { bytes: out, error } = await inject(cut(body, sizes), {}, failure)
        expect(decode(out)).toBe(first.text)
        expect(error).toBe(readError)
      }
      expect((await transform(cut(body, [33]), {}, failure)).text).toBe(first.text)
    })
  }
})

describe('what is let through as it is', () => {
  const odd = [
    '\uFEFFdata: {"type":"start"}\n\n',
    ': a comment\n\n: another\n',
    'event: message\nid: 7\nretry: 10\ndata: {"type":"start-step"}\n\n',
    'data: {"type":\ndata:"tool-input-start","toolCallId":"a",\ndata:   "toolName":"search"}\n\n',
    'data\ndata:\n\n',
    'data: no json\n\n',
    'data: {"type":7}\n\n',
    'data: {"no":"type"}\n\n',
    'data: null\n\ndata: "text"\n\n',
    'datax: {"type":"finish"}\n\n',
    'data: {"toolCallId":"a","type":"tool-output-available","output":1}\n\n',
    '\n\n\n',
    'data: [DONE]\n\n',
    'data: {"type":"tool-input-start","toolCallId":"late","toolName":"search"}\n\n',
    'data: {"type":"unfini',
  ].join('')

  test.each(Object.entries(lineEnds))(
    'INJ-100 BOM, comments, other fields, several data lines, rubbish, with %s',
    async (_, lineEnd) => {
      const body = encode(odd.replaceAll('\n', lineEnd))
      for (const sizes of [[body.length], [1], [2], [3], [5], [17]]) {
        const { bytes, text } = await inject(cut(body, sizes))
        expect(withoutInjected(bytes)).toEqual(body)
        expect(planOf(text)).toEqual(['a done'])
        expect(text.startsWith('\uFEFFdata: {"type":"start"}')).toBe(true)
      }
    },
  )

  test('INJ-100 bytes that are no UTF-8', async () => {
    const body = Uint8Array.of(
      ...bodyOf(start),
      ...encode('data: {"type":"text-delta","delta":"'),
      0xff,
      0xc3,
      ...encode('"}\n\n'),
      ...bodyOf(inputStart('a')),
      0x80,
    )
    const { bytes } = await inject(cut(body, [5]))
    expect(withoutInjected(bytes)).toEqual(body)
  })

  test('INJ-101 a byte order mark in pieces stays first', async () => {
    const messages = [
      { role: 'assistant', parts: [{ type: 'tool-x', toolCallId: 'a', state: 'input-available' }] },
    ]
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, ...bodyOf(startStep, '[DONE]'))
    for (const sizes of [[1], [2], [3], [4], [100]]) {
      const { bytes, text } = await inject(cut(body, sizes), { initialMessages: messages })
      expect(withoutInjected(bytes)).toEqual(body)
      expect(text.startsWith('\uFEFFdata: {"type":"data-agent-task-plan"')).toBe(true)
    }
    const broken = Uint8Array.of(0xef, 0xbb, 0x41)
    expect((await inject(cut(broken, [1]))).bytes).toEqual(broken)
  })

  test('INJ-71 after [DONE] nothing is added and nothing is read', async () => {
    const { text } = await inject([
      bodyOf(start, startStep, inputStart('a'), '[DONE]', inputStart('b'), output('a')),
    ])
    expect(told(injectedInto(text) as never)).toEqual([
      'snapshot 1: a running',
      'update 1: a failed no-result',
    ])
    expect(text).toMatch(/no-result"\}\}\}\n\ndata: \[DONE\]/)
  })

  test('INJ-103 a type that is written with spaces, escapes or not first is understood', async () => {
    const body = [
      'data: { "type" : "start" }',
      'data:{"id":"t","delta":"\\"type\\":\\"finish\\"","type":"text-delta"}',
      'data: {"toolCallId":"a", "type":"tool-input\\u002dstart", "toolName":"search"}',
      'data: {"output":{"type":"text-delta"},"toolCallId":"a","t\\u0079pe":"tool-output-available"}',
    ].join('\n\n')
    expect(planOf((await inject([encode(`${body}\n\n`)])).text)).toEqual(['a done'])
  })
})

describe('where events are added', () => {
  test('INJ-101 never between CR and LF: what is added waits for the next byte, the original does not', async () => {
    const [head, tail] = [
      bodyOf(start, startStep, inputAvailable('a'), output('a')),
      encode('data: [DONE]\r\n\r\n'),
    ]
    const crlf = encode(decode(head).replaceAll('\n', '\r\n'))
    const { pieces, text } = await inject([crlf.slice(0, -1), Uint8Array.of(10), tail])
    expect(text).toMatch(
      /"output":1\}\r\n\r\ndata: \{"type":"data-agent-task-update".*\n\ndata: \[DONE\]\r\n\r\n$/,
    )
    const shown = pieces.map(decode)
    const cutAt = shown.findIndex((piece) => piece.endsWith('"output":1}\r\n\r'))
    expect(cutAt).toBe(0)
    expect(shown[1]?.startsWith('\ndata: {"type":"data-agent-task-update"')).toBe(true)
  })

  test('INJ-101 at the end of a body nothing more can follow a CR', async () => {
    const body = encode(decode(bodyOf(start, startStep, inputStart('a'), output('a'))).replaceAll('\n', '\r'))
    const { text, bytes } = await inject([body])
    expect(withoutInjected(bytes)).toEqual(body)
    expect(planOf(text)).toEqual(['a done'])
  })

  test('INJ-A21 INJ-102 the first byte is out before the second read, with any line end', async () => {
    for (const lineEnd of Object.values(lineEnds)) {
      const { pieces } = await inject([
        encode(`data: {"type":"start"}${lineEnd}${lineEnd}`),
        bodyOf('[DONE]'),
      ])
      expect(pieces).toHaveLength(2)
    }
  })

  test('INJ-A21 INJ-102 comments go on while an event is unfinished, also without a blank line', async () => {
    const [event, rest] = ['data: {"type":"start"', '}\n\n']
    const { pieces } = await inject([
      encode(`: keep-alive\n\n${event}`),
      encode(rest),
      encode(': keep-alive\n'),
      encode(': an'),
    ])
    expect(pieces.map(decode)).toEqual([': keep-alive\n\n', `${event}${rest}`, ': keep-alive\n', ': an'])
  })

  test('INJ-94 comments pass a finish-step that is held', async () => {
    const reads = [
      bodyOf(start, startStep, announce('m', { label: 'One' }), finishStep),
      encode(': keep-alive\n\n'),
      bodyOf(startStep, textStart, '[DONE]'),
    ]
    const { pieces, text } = await inject(reads, { hideMetaTool: true })
    expect(pieces.map(decode)).toContain(': keep-alive\n\n')
    expect(text).not.toContain('finish-step')
    expect(text.match(/start-step/g)).toHaveLength(1)
  })

  test.each(Object.entries(lineEnds))(
    'INJ-93 INJ-94 what is dropped or held takes its whole line end with it, %s',
    async (_, lineEnd) => {
      const metadata = { type: 'message-metadata', messageMetadata: {} }
      const chunks = [
        start,
        startStep,
        announce('m', { label: 'One' }),
        output('m'),
        finishStep,
        metadata,
        startStep,
        textStart,
      ]
      const body = encode(decode(bodyOf(...chunks, '[DONE]')).replaceAll('\n', lineEnd))
      const kept = encode(
        decode(bodyOf(start, startStep, metadata, textStart, '[DONE]')).replaceAll('\n', lineEnd),
      )
      for (const sizes of [[body.length], [1], [2], [7], [64]]) {
        const { bytes } = await inject(cut(body, sizes), { hideMetaTool: true })
        expect(decode(withoutInjected(bytes))).toBe(decode(kept))
      }
    },
  )
})

describe('INJ-A12 INJ-51 the end', () => {
  const open = [start, startStep, inputStart('a')]

  test.each([
    ['finish', finish('stop'), 'a failed no-result'],
    ['abort', { type: 'abort' }, 'a skipped aborted'],
    ['error', { type: 'error', errorText: 'x' }, 'a failed error'],
    ['[DONE]', '[DONE]', 'a failed no-result'],
  ])('%s has the settled plan right before it', async (_, last, expected) => {
    for (const layer of [inject, transform]) {
      const { text } = await layer([bodyOf(...open, last)])
      expect(planOf(text)).toEqual([expected])
      const line = typeof last === 'string' ? last : JSON.stringify(last)
      expect(text.endsWith(`"${expected.split(' ')[2]}"}}}\n\ndata: ${line}\n\n`)).toBe(true)
    }
  })

  test('bytes that end without [DONE] are a broken connection', async () => {
    for (const layer of [inject, transform]) {
      expect(planOf((await layer([bodyOf(...open)])).text)).toEqual(['a failed disconnected'])
    }
  })

  test('INJ-105 INJ-A22 an unfinished event comes out after the settled plan, and is not read', async () => {
    const unfinished = 'data: {"type":"tool-output-available","toolCallId":"a","output":1}\n'
    for (const layer of [inject, transform]) {
      const { text } = await layer(cut(Uint8Array.of(...bodyOf(...open), ...encode(unfinished)), [50]))
      expect(planOf(text)).toEqual(['a failed disconnected'])
      expect(text.endsWith(`"disconnected"}}}\n\n${unfinished}`)).toBe(true)
    }
  })

  test('INJ-106 an error of the source comes unchanged, after the settled plan and what was held', async () => {
    const reason = new Error('connection lost')
    const body = Uint8Array.of(...bodyOf(...open), ...encode('data: {"ty'))
    for (const layer of [inject, transform]) {
      const { text, error } = await layer(cut(body, [11]), {}, { reason })
      expect(error).toBe(reason)
      expect(text.endsWith('"disconnected"}}}\n\ndata: {"ty')).toBe(true)
    }
  })

  test('INJ-106 an error right at the beginning', async () => {
    for (const layer of [inject, transform]) {
      expect(await layer([], {}, { reason: 'gone' })).toMatchObject({ text: '', error: 'gone' })
    }
  })
})

describe('INJ-104 an event that is longer than maxInspectBytes', () => {
  const maxInspectBytes = 300
  const long = 'x'.repeat(1_000)

  const cuts = (body: Uint8Array<ArrayBuffer>) =>
    [[body.length], [1], [64], [299], [700]].map((sizes) => cut(body, sizes))

  test('goes through without being held and still ends its task', async () => {
    const body = bodyOf(
      start,
      startStep,
      inputStart('a'),
      output('a', { deep: [{ text: `"}${long}\\` }] }),
      finish('stop'),
      '[DONE]',
    )
    for (const reads of cuts(body)) {
      const { bytes, text } = await inject(reads, { maxInspectBytes })
      expect(withoutInjected(bytes)).toEqual(body)
      expect(planOf(text)).toEqual(['a done'])
    }
  })

  test('its preliminary flag is seen behind the output', async () => {
    const body = bodyOf(
      start,
      startStep,
      inputStart('a'),
      output('a', [long, { preliminary: false }], { preliminary: true }),
    )
    for (const reads of cuts(body)) {
      expect(told(injectedInto((await inject(reads, { maxInspectBytes })).text) as never)).toEqual([
        'snapshot 1: a running',
        'update 1: a failed disconnected',
      ])
    }
  })

  test('what belongs before it comes after it, the same for every cut', async () => {
    const body = bodyOf(start, startStep, inputAvailable('a', 'search', { long }), '[DONE]')
    const texts = await Promise.all(
      cuts(body).map(async (reads) => (await inject(reads, { maxInspectBytes })).text),
    )
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toMatch(/"\}\}\n\ndata: \{"type":"data-agent-task-plan"/)
  })

  test('mappers are told that it is truncated and get no payload', async () => {
    const calls: unknown[] = []
    const body = bodyOf(start, startStep, inputStart('a'), output('a', long))
    for (const reads of cuts(body)) {
      await inject(reads, {
        maxInspectBytes,
        detail: (call) => void calls.push([call.phase, call.truncated, call.output]),
      })
    }
    expect(calls.filter((call) => (call as unknown[])[0] === 'output-available')).toEqual(
      cuts(body).map(() => ['output-available', true, undefined]),
    )
  })

  test('an announcement that long is ignored, and hidden all the same', async () => {
    const body = bodyOf(
      start,
      startStep,
      textStart,
      announce('m', { label: 'One' }, { label: 'Two', id: long }),
      output('m', long),
      '[DONE]',
    )
    for (const reads of cuts(body)) {
      const { text } = await inject(reads, { maxInspectBytes, hideMetaTool: true })
      expect(text).toBe(decode(bodyOf(start, startStep, textStart, '[DONE]')))
    }
  })

  test('a call of the plan tool is forwarded whole if its name comes too late to hide it', async () => {
    const input = {
      type: 'tool-input-available',
      input: { long },
      toolCallId: 'm',
      toolName: 'meta__update_task_plan',
    }
    const body = bodyOf(start, startStep, input, output('m'), '[DONE]')
    const { text } = await inject(cut(body, [64]), { maxInspectBytes, hideMetaTool: true })
    expect(text).toBe(decode(body))
  })

  test('INJ-94 it is nothing that a held finish-step waits for', async () => {
    const metadata = { type: 'message-metadata', messageMetadata: { long } }
    const body = bodyOf(
      start,
      startStep,
      announce('m', { label: 'One' }),
      finishStep,
      metadata,
      startStep,
      '[DONE]',
    )
    for (const reads of cuts(body)) {
      const { text } = await inject(reads, { maxInspectBytes, hideMetaTool: true })
      expect(text.indexOf('finish-step')).toBeGreaterThan(0)
      expect(text.indexOf('finish-step')).toBeLessThan(text.indexOf('message-metadata'))
    }
  })

  test('INJ-105 if part of it is out when the body ends, nothing is added', async () => {
    const body = Uint8Array.of(
      ...bodyOf(start, startStep, inputStart('a')),
      ...encode(`data: {"type":"x","y":"${long}`),
    )
    const plans: unknown[] = []
    for (const failure of [undefined, { reason: 'lost' }]) {
      const { text } = await inject(
        cut(body, [100]),
        { maxInspectBytes, onPlan: (plan) => plans.push(summary(plan)) },
        failure,
      )
      expect(text.endsWith(long)).toBe(true)
      expect(planOf(text)).toEqual(['a running'])
      expect(plans.at(-1)).toEqual(['a failed disconnected'])
    }
  })

  test('a comment that long goes through too', async () => {
    const body = Uint8Array.of(
      ...bodyOf(start),
      ...encode(`: ${long}\n\n`),
      ...bodyOf(startStep, inputStart('a'), '[DONE]'),
    )
    for (const reads of cuts(body)) {
      const { bytes, text } = await inject(reads, { maxInspectBytes })
      expect(withoutInjected(bytes)).toEqual(body)
      expect(planOf(text)).toEqual(['a failed no-result'])
    }
  })

  test('REL-25 what is read goes on at once, so that no more than the limit is ever held', async () => {
    const piece = encode('y'.repeat(1_000))
    let read = 0
    let passedOn = 0
    let mostHeld = 0
    const source = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull(controller) {
          const next = read === 0 ? encode('data: {"type":"tool-output-available","output":"') : piece
          read += next.length
          mostHeld = Math.max(mostHeld, read - passedOn)
          if (read > 500_000) controller.close()
          else controller.enqueue(next)
        },
      },
      { highWaterMark: 0 },
    )
    const { injectTaskPlanIntoStream } = await import('@crux/server/task-plan')
    const response = injectTaskPlanIntoStream(
      new Response(source, { headers: { 'content-type': 'text/event-stream' } }),
      {
        maxInspectBytes: 10_000,
      },
    )
    for await (const bytes of response.body ?? []) passedOn += bytes.length
    expect(passedOn).toBeGreaterThan(490_000)
    expect(mostHeld).toBeLessThan(12_500)
  })
})

test('INJ-103 a long text that nobody wants to see is not parsed, and is understood all the same', async () => {
  const long = 'x'.repeat(10_000)
  const announced = announce('m', { id: 'one', label: 'One' }, { label: long })
  const others = { type: 'data-agent-task-plan', id: 'p', data: { planId: 'p', version: 9, tasks: [], long } }
  const body = bodyOf(start, startStep, inputAvailable('a', 'search', { long }), output('a', long), announced)
  for (const sizes of [[body.length], [1_000]]) {
    const { text } = await inject([...cut(body, sizes), bodyOf(others, inputStart('b'))])
    expect(
      told(injectedInto(text).filter(({ data }) => !JSON.stringify(data).includes(long)) as never),
    ).toEqual(['snapshot 1: a running', 'update 1: a done', 'snapshot 2: a done, one pending'])
  }
})

describe('INJ-103 an output that is only searched', () => {
  const opening = '{"type":"tool-output-available","toolCallId":"a","output":'

  test.each([
    ['a plain one', `${opening}{"hits":[1]}}`, 'done'],
    ['a preliminary one', `${opening}1,"preliminary":true}`, 'running'],
    ['a preliminary one, written in escapes', String.raw`${opening}1,"prelim\u0069nary":true}`, 'running'],
    ['one that says it is not', `${opening}1,"preliminary":false}`, 'done'],
    ['one with the word in its text', String.raw`${opening}"\"preliminary\":true"}`, 'done'],
    ['one over two lines', `${opening}1,\ndata: "preliminary":true}`, 'running'],
    ['one over two lines with a lone CR', `${opening}1,\rdata: "preliminary":true}`, 'running'],
    [
      'one with an id in escapes',
      String.raw`{"type":"tool-output-available","toolCallId":"\u0061","output":1}`,
      'done',
    ],
    ['one that is cut off', `${opening}[1`, 'running'],
  ])('%s', async (_, data, state) => {
    const { items, out } = { items: [start, startStep, inputStart('a')], out: encode(`data: ${data}\n\n`) }
    const reads = [bodyOf(...items), out]
    const plans: (string[] | undefined)[] = []
    const onPlan = (plan: Parameters<typeof summary>[0]) => plans.push(summary(plan))
    const { bytes } = await inject(reads, { onPlan })
    expect(withoutInjected(bytes)).toEqual(join(reads))
    expect(plans.at(-1)).toEqual([state === 'done' ? 'a done' : 'a failed disconnected'])
  })
})
