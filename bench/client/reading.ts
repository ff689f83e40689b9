import { createCruxClient, createSSETransport } from '@crux/core/client'
import { encodeEvent, sseEndId } from '@crux/core/sse'
import { createParser } from 'eventsource-parser'
import { cpuOf, type RecordSample } from './client-bench.ts'
import { aTask, listId, taskPart } from './tasks.ts'

const events = 100_000
const tasks = 1_000

type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const frames: readonly string[] = [
  encodeEvent({ event: 'crux-sync', data: '{"phase":"reset"}' }),
  encodeEvent({ event: 'crux-sync', id: 'e.0', data: '{"phase":"ready","heartbeatMs":15000}' }),
  ...Array.from({ length: events }, (_, n) =>
    encodeEvent({
      event: 'data-crux',
      id: `e.${n + 1}`,
      data: JSON.stringify(taskPart(aTask(n % tasks, Math.floor(n / tasks)))),
    }),
  ),
  encodeEvent({ event: 'crux-end', id: sseEndId, data: '{"reason":"gone","reconnect":false}' }),
]

const reads = {
  'one event per read': frames.map((frame): Bytes => encoder.encode(frame)),
  '16 KiB reads': cut(encoder.encode(frames.join('')), 16_384),
}

function cut(bytes: Bytes, size: number): Bytes[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  )
}

function bodyOf(pieces: readonly Bytes[]): ReadableStream<Bytes> {
  let next = 0
  return new ReadableStream(
    {
      pull(controller) {
        const piece = pieces[next++]
        if (piece) controller.enqueue(piece)
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** From bytes to the cache, with a listener, until the server says that it was all. */
async function readWithCrux(pieces: readonly Bytes[]): Promise<unknown> {
  const headers = { 'content-type': 'text/event-stream' }
  const fetch = async () => new Response(bodyOf(pieces), { headers })
  const client = createCruxClient({ transport: createSSETransport('https://bench.test/live', { fetch }) })
  await new Promise<void>((resolve) => {
    client.subscribe('connection', () => {
      if (client.getConnection().status === 'ended') resolve()
    })
  })
  const last = client.getTask(listId, 't0')?.percent
  client.close()
  return last
}

/** The least that keeps the newest value of each. */
async function readIntoMap(pieces: readonly Bytes[]): Promise<unknown> {
  const newest = new Map<string, { readonly value: { readonly percent?: number } }>()
  const parser = createParser({
    onEvent({ event, data }) {
      if (event !== 'data-crux') return
      const part = JSON.parse(data)
      newest.set(`${part.entity} ${part.key}`, part)
    },
  })
  const decoder = new TextDecoder()
  const reader = bodyOf(pieces).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parser.feed(decoder.decode(value, { stream: true }))
  }
  return newest.get(`task ${listId}/t0`)?.value.percent
}

/** 100,000 changes of 1,000 tasks, from bytes to what can be read (PERF-20). */
export async function benchReading(record: RecordSample): Promise<void> {
  for (const [how, pieces] of Object.entries(reads)) {
    const cpu = { crux: 0, map: 0 }
    // In turn, because a busy machine is not equally slow for long.
    for (let pass = 0; pass < 3; pass++) {
      const seen: unknown[] = []
      cpu.crux += await cpuOf(async () => void seen.push(await readWithCrux(pieces)))
      cpu.map += await cpuOf(async () => void seen.push(await readIntoMap(pieces)))
      if (seen[0] !== events / tasks - 1 || seen[1] !== seen[0]) throw new Error(`They read ${String(seen)}.`)
    }
    record('PERF-20', `100,000 events, ${how}, CPU ÷ eventsource-parser and a Map`, cpu.crux / cpu.map, {
      atMost: 1.2,
    })
  }
}
