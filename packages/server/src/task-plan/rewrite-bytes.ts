import type { TaskPlanChunk } from '@crux/core'
import { isHidden, isMetaInput } from './change-call.ts'
import { readChunk } from './chunk-fields.ts'
import { isIrrelevantChunk, skipIrrelevantEvents } from './chunk-type.ts'
import { dataValueStart, guessEventData, readEventData } from './event-data.ts'
import { createEventSplitter, type EventInspector, type Verdict } from './event-splitter.ts'
import { formatSseEvent } from './format-sse-event.ts'
import { createJoinedOutput } from './joined-output.ts'
import { createLongEvent, type LongEvent } from './long-event.ts'
import { readPlainOutput } from './read-plain-output.ts'
import { createPlanSession } from './plan-session.ts'
import type { SettleCause } from './settle.ts'
import type { StreamRewriter } from './stream-rewriter.ts'
import type { TaskPlanOptions } from './task-plan-options.ts'
import type { TaskPlanStep } from './task-plan-step.ts'

// Above this it is cheaper to look for what matters than to decode and parse everything.
const smallTextBytes = 4_096
const doneText = new TextEncoder().encode('[DONE]')

/** Adds a plan to the bytes of an SSE body (INJ-100 to INJ-106). Throws for wrong options. */
export function rewriteBytes(options: TaskPlanOptions): StreamRewriter<Uint8Array, Uint8Array> {
  const { maxInspectBytes = 2 ** 20 } = options
  const session = createPlanSession(options)
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const joined = createJoinedOutput()
  let isDone = false
  let longEvent: LongEvent | undefined
  let isLongDropped = false

  function encode(chunks: readonly TaskPlanChunk[]): Uint8Array | undefined {
    return chunks.length === 0 ? undefined : encoder.encode(chunks.map(formatSseEvent).join(''))
  }

  function verdictOf({ original, held, before, after }: TaskPlanStep, type?: unknown): Verdict | undefined {
    if (original === 'forward' && !held && before.length + after.length === 0) return undefined
    return { original, isStep: type === 'finish-step', held, before: encode(before), after: encode(after) }
  }

  function parse(bytes: Uint8Array, from: number, to: number): unknown {
    try {
      return JSON.parse(decoder.decode(bytes.subarray(from, to)))
    } catch {
      // What is no JSON is no chunk. The client will say so.
      return undefined
    }
  }

  /** The chunk in a JSON text. Of a long one only the short fields, unless somebody wants to see what is in it. */
  function readText(bytes: Uint8Array, from: number, to: number): unknown {
    if (to - from <= smallTextBytes || session.options.needsPayload) return parse(bytes, from, to)
    const text = createLongEvent()
    text.feed(dataLine, 0, dataLine.length)
    text.feed(bytes, from, to)
    const fields = readChunk(text.fields())
    return fields && isMetaInput(fields, session.options.toolOf) ? parse(bytes, from, to) : fields
  }

  function passLong(): Verdict {
    // A short input or output is left out too, or it would depend on the limit which calls a mapper sees whole.
    const { input: _, output: __, errorText: ___, ...fields } = longEvent?.fields() ?? {}
    const step = session.reduce({ ...fields, truncated: true, dropped: isLongDropped })
    return { original: isLongDropped ? 'drop' : 'forward', after: encode([...step.before, ...step.after]) }
  }

  const inspector: EventInspector = {
    skip(bytes, from) {
      const { isHiding, isSeedWaiting, isHolding } = session.state()
      return isSeedWaiting || isHolding ? from : skipIrrelevantEvents(bytes, from, isHiding)
    },
    inspect(bytes, from, to) {
      const { isHiding, isSeedWaiting, isHolding } = session.state()
      const isEverythingWanted = isSeedWaiting || isHolding
      const first = dataValueStart(bytes, from)
      if (first >= 0 && !isEverythingWanted && isIrrelevantChunk(bytes, first, to, isHiding)) return undefined

      if (to - from > maxInspectBytes) {
        const { original, held } = inspector.beginLong([bytes.subarray(from, to)])
        return { ...passLong(), original, held }
      }
      const output = first < 0 || session.options.needsPayload ? undefined : readPlainOutput(bytes, first, to)
      if (output) return verdictOf(session.reduce(output))
      const guess = first < 0 ? undefined : guessEventData(bytes, first, to)
      const guessed = guess && readText(bytes, guess.from, guess.to)
      if (guessed !== undefined) return verdictOf(session.reduce(guessed), readChunk(guessed)?.type)
      const data = readEventData(bytes, from, to)
      if (!data) return undefined
      if (isDoneText(data.bytes, data.from, data.to)) {
        isDone = true
        return { original: 'forward', ...verdictOf(session.settle('closed')), isLast: true }
      }
      if (first < 0 && !isEverythingWanted && isIrrelevantChunk(data.bytes, data.from, data.to, isHiding)) {
        return undefined
      }
      const chunk = readText(data.bytes, data.from, data.to)
      return verdictOf(session.reduce(chunk), readChunk(chunk)?.type)
    },
    beginLong(pieces) {
      longEvent = createLongEvent()
      for (const bytes of pieces) longEvent.feed(bytes, 0, bytes.length)
      const fields = readChunk(longEvent.fields())
      isLongDropped = fields !== undefined && isHidden(session.state(), fields, session.options)
      if (isLongDropped) return { original: 'drop' }
      // Whatever it is, it is no step that could be joined to the one before.
      return { original: 'forward', held: session.reduce(undefined).held }
    },
    continueLong: (bytes, from, to) => longEvent?.feed(bytes, from, to),
    endLong: passLong,
  }
  const splitter = createEventSplitter(inspector, maxInspectBytes)

  function settle(cause: SettleCause, out: (bytes: Uint8Array) => void): void {
    if (isDone) return
    const last = encode(session.settle(cause).before)
    splitter.end(last, joined.put)
    joined.flush(out)
  }

  return {
    push(bytes, out) {
      if (!(bytes instanceof Uint8Array)) {
        throw new TypeError(
          'A task plan is added to bytes here: encode the text, or use taskPlanTransform for chunks.',
        )
      }
      // Most reads of a chat are an event that nothing happens to.
      if (splitter.isPlain(bytes)) {
        out(bytes)
        return
      }
      splitter.push(bytes, joined.put)
      joined.flush(out)
    },
    end: (out) => settle('truncated', out),
    fail: (out) => settle('failed', out),
    cancel() {
      session.settle('cancelled')
      void session.finish()
    },
    flushed: session.finish,
  }
}

const dataLine = new TextEncoder().encode('data:')

function isDoneText(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === doneText.length && doneText.every((byte, index) => byte === bytes[from + index])
}
