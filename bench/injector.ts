// What it costs to add a task plan to a chat stream (PERF-10 to PERF-14), beside a TransformStream that does nothing and
// beside the way it is usually written: decode, split at blank lines, JSON.parse each event. Each repetition measures all
// of them one after another and takes the ratios inside the repetition; the table shows their median.
import { injectTaskPlanIntoStream } from '@crux/server/task-plan'
import { printLines, type Line } from './measure/report.ts'

const repetitions = Number(process.env['BENCH_REPETITIONS'] ?? 5)
const encoder = new TextEncoder()

type Bytes = Uint8Array<ArrayBuffer>
type Reads = readonly Bytes[]

const event = (chunk: object) => encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`)

const words =
  'the plan of an agent is shown while it works so that people see what happens and what comes next'.split(
    ' ',
  )
const delta = (index: number) =>
  event({
    type: 'text-delta',
    id: 'text-1',
    delta: `${words[index % words.length]} ${words[(index * 7) % words.length]} `,
  })

/** What a server tool sends: its input in pieces, whole, and its output. */
function toolEvents(id: string, inputDeltas: number): Bytes[] {
  const call = { toolCallId: id, toolName: 'customers__list_people' }
  return [
    event({ type: 'tool-input-start', ...call }),
    ...Array.from({ length: inputDeltas }, () =>
      event({ type: 'tool-input-delta', toolCallId: id, inputTextDelta: '{"query":"ann' }),
    ),
    event({
      type: 'tool-input-available',
      ...call,
      input: { query: 'ann', limit: 10, fields: ['name', 'mail'] },
    }),
    event({
      type: 'tool-output-available',
      toolCallId: id,
      output: { hits: words.map((name) => ({ name })) },
    }),
  ]
}

const head = [event({ type: 'start' }), event({ type: 'start-step' })]
const tail = [
  event({ type: 'finish-step' }),
  event({ type: 'finish', finishReason: 'stop' }),
  encoder.encode('data: [DONE]\n\n'),
]

/** A chat of about this many bytes: 200 tool calls among text deltas. */
function chat(bytes: number): Bytes[] {
  const textBytes = delta(0).length
  const between = Math.round(bytes / textBytes / 200)
  const calls = Array.from({ length: 200 }, (_, call) => [
    ...toolEvents(`call-${call}`, 3),
    ...Array.from({ length: between }, (__, index) => delta(index)),
  ])
  return [...head, event({ type: 'text-start', id: 'text-1' }), ...calls.flat(), ...tail]
}

function join(pieces: Reads): Bytes {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const piece of pieces) {
    joined.set(piece, end)
    end += piece.length
  }
  return joined
}

function cut(bytes: Bytes, size: number): Bytes[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.slice(index * size, (index + 1) * size),
  )
}

function source(reads: Reads): ReadableStream<Bytes> {
  let index = 0
  return new ReadableStream(
    {
      pull(controller) {
        const next = reads[index++]
        if (next) controller.enqueue(next)
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

type Contender = (stream: ReadableStream<Bytes>) => ReadableStream<Uint8Array>

const ours: Contender = (stream) => {
  const response = new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  const { body } = injectTaskPlanIntoStream(response)
  if (!body) throw new Error('The response has lost its body')
  return body
}

const noop: Contender = (stream) => stream.pipeThrough(new TransformStream())

/** What people write by hand: a label and a state per call, told when a call begins and when it ends. */
const peer: Contender = (stream) => {
  const decoder = new TextDecoder()
  let buffer = ''
  const tasks = new Map<string, { id: string; label: string; state: string }>()
  return stream.pipeThrough(
    new TransformStream<Bytes, Uint8Array>({
      transform(bytes, controller) {
        const tell = (id: string, label: string, state: string) => {
          const task = { id, label, state }
          tasks.set(id, task)
          controller.enqueue(
            event({ type: 'data-agent-task-update', id, data: { planId: 'p', version: 1, task } }),
          )
        }
        buffer += decoder.decode(bytes, { stream: true })
        const events = buffer.split('\n\n')
        buffer = events.pop() ?? ''
        for (const text of events) {
          const data = text.slice('data: '.length)
          const chunk = data === '[DONE]' ? { type: data } : JSON.parse(data)
          if (chunk.type === 'tool-input-start')
            tell(chunk.toolCallId, chunk.toolName.replaceAll('_', ' '), 'running')
          controller.enqueue(encoder.encode(`${text}\n\n`))
          if (chunk.type === 'tool-output-available') {
            tell(chunk.toolCallId, tasks.get(chunk.toolCallId)?.label ?? '', 'done')
          }
        }
      },
    }),
  )
}

/** CPU seconds to read all of these streams through a contender. */
async function cpuSeconds(contender: Contender, streams: readonly Reads[]): Promise<number> {
  globalThis.gc?.()
  const before = process.cpuUsage()
  for (const reads of streams) {
    const reader = contender(source(reads)).getReader()
    for (;;) {
      const { done } = await reader.read()
      if (done) break
    }
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

interface Case {
  readonly rule: string
  readonly what: string
  /** Made when it is needed: memory that lies about makes every collection dearer. */
  readonly streams: () => readonly Reads[]
  readonly atMost?: number
  readonly atLeastMbPerSecond?: number
  /** The usual way takes minutes for it, so less of it is measured, and the figure is per byte. */
  readonly peerStreams?: () => readonly Reads[]
}

function toolHeavy(): Reads[] {
  return Array.from({ length: 20 }, (_, stream) => [
    ...head,
    ...Array.from({ length: 200 }, (__, call) => toolEvents(`call-${stream}-${call}`, 6)).flat(),
    ...tail,
  ])
}

function hugeOutput(bytes: number): Bytes[] {
  const lines = Array.from(
    { length: bytes / 50 },
    (_, index) => `line ${index} of a file that a tool has read`,
  )
  return [
    ...head,
    event({ type: 'tool-input-start', toolCallId: 'call-1', toolName: 'read_file' }),
    ...cut(event({ type: 'tool-output-available', toolCallId: 'call-1', output: { lines } }), 4_096),
    ...tail,
  ]
}

function times<T>(count: number, item: T): T[] {
  return Array.from({ length: count }, () => item)
}

const cases: readonly Case[] = [
  { rule: 'PERF-10', what: '20 MB, one event per read', streams: () => [chat(20e6)], atMost: 0.85 },
  {
    rule: 'PERF-11',
    what: '20 MB, 16 KiB reads',
    streams: () => times(10, cut(join(chat(20e6)), 16_384)),
    atLeastMbPerSecond: 700,
  },
  { rule: 'PERF-12', what: '4 MB, 7-byte reads', streams: () => [cut(join(chat(4e6)), 7)], atMost: 0.9 },
  {
    rule: 'PERF-13',
    what: 'one output of 4 MB, 4 KiB reads',
    streams: () => times(20, hugeOutput(4e6)),
    peerStreams: () => [hugeOutput(4e6)],
    atMost: 4,
  },
  { rule: 'PERF-14', what: 'mostly tool calls, one event per read', streams: toolHeavy, atMost: 1.8 },
]

const samples = new Map<string, { line: Omit<Line, 'samples'>; values: number[] }>()

function record(line: Omit<Line, 'samples'>, value: number): void {
  const key = `${line.rule} ${line.measure}`
  const entry = samples.get(key) ?? { line, values: [] }
  entry.values.push(value)
  samples.set(key, entry)
}

function megabytes(streams: readonly Reads[]): number {
  return streams.flat().reduce((sum, { length }) => sum + length, 0) / 1e6
}

async function repeat({ rule, what, atMost, atLeastMbPerSecond, ...make }: Case): Promise<void> {
  const streams = make.streams()
  const size = megabytes(streams)
  const idle = (await cpuSeconds(noop, streams)) / size
  const crux = (await cpuSeconds(ours, streams)) / size
  const peerStreams = make.peerStreams?.() ?? streams
  const usual = (await cpuSeconds(peer, peerStreams)) / megabytes(peerStreams)
  if (atLeastMbPerSecond === undefined) {
    record(
      {
        rule,
        measure: `${what}: CPU ÷ no-op TransformStream: crux`,
        ...(atMost !== undefined && { atMost }),
      },
      crux / idle,
    )
    record({ rule: '', measure: `${what}: CPU ÷ no-op TransformStream: usual way` }, usual / idle)
  } else {
    record({ rule, measure: `${what}: crux`, unit: 'MB/s', atLeast: atLeastMbPerSecond }, 1 / crux)
    record({ rule: '', measure: `${what}: usual way`, unit: 'MB/s' }, 1 / usual)
  }
}

/** Code is warm before the first figure, for all alike. */
for (const contender of [noop, ours, peer]) await cpuSeconds(contender, [chat(1e6), cut(join(chat(1e6)), 7)])

for (let index = 1; index <= repetitions; index++) {
  console.log(`Repetition ${index} of ${repetitions} …`)
  for (const each of cases) await repeat(each)
}
printLines(
  `injector: Node ${process.version}, ${repetitions} repetitions`,
  [...samples.values()].map(({ line, values }) => ({ ...line, samples: values })),
)
