import { encodeEvent, SseError } from '@crux/core/sse'
import type { SseData, SseStream } from './sse-types.ts'

/** An event as `writeSSE` takes it. */
export type SseEvent = Parameters<SseStream['writeSSE']>[0]

/** The names that the frames of this package have for themselves (SSE-15). */
const reservedEvent = 'stream-error'
const reservedIds = 'sse:'

/**
 * The text of an event, as it is sent. Throws `SseError`: `reserved` for the words that are ours, `invalid-*` for what
 * no event can carry (SSE-12, SSE-13).
 */
export function eventText(frame: SseEvent): string {
  if (typeof frame !== 'object' || frame === null)
    throw new SseError('invalid-data', `writeSSE takes an object with "data", not ${describe(frame)}.`)
  const { event, data, retry } = frame
  const id = typeof frame.id === 'number' ? String(frame.id) : frame.id
  const text = encodeEvent({ event, data: dataText(data), id, retry })
  if (event === reservedEvent)
    throw new SseError('reserved', `The event name "${reservedEvent}" is reserved.`)
  if (id?.startsWith(reservedIds))
    throw new SseError('reserved', `Ids that begin with "${reservedIds}" are reserved.`)
  return text
}

/** Data as text: a string as it is, a number or boolean by `String`, an object or `null` as JSON (SSE-13). */
function dataText(data: SseData): string {
  switch (typeof data) {
    case 'string':
      return data
    case 'number':
    case 'boolean':
      return String(data)
    case 'object':
      return jsonText(data)
    default:
      throw new SseError('invalid-data', `An event cannot carry ${describe(data)}.`)
  }
}

function jsonText(data: object | null): string {
  const unfit = data === null ? undefined : unfitKind(data)
  if (unfit !== undefined) throw new SseError('invalid-data', `An event cannot carry ${unfit}.`)
  let text: string | undefined
  try {
    text = JSON.stringify(data)
  } catch (cause) {
    throw new SseError(
      'invalid-data',
      'The data cannot be told as JSON: it has a cycle, a bigint or the like.',
      {
        cause,
      },
    )
  }
  if (text === undefined) throw new SseError('invalid-data', 'The data has no JSON.')
  return text
}

/** What JSON would tell as `{}` although it holds something; `undefined` for any other object. */
function unfitKind(data: object): string | undefined {
  if ('then' in data && typeof data.then === 'function') return 'a promise: await it first'
  if (ArrayBuffer.isView(data)) return 'bytes: make them text first, such as base64'
  // The tag tells also of objects of another realm.
  const tag = Object.prototype.toString.call(data).slice('[object '.length, -1)
  if (tag.endsWith('ArrayBuffer')) return 'bytes: make them text first, such as base64'
  if (tag === 'Blob' || tag === 'File' || tag === 'Response') return `a ${tag}: read its text first`
  const isStream = tag.endsWith('Stream') || Symbol.asyncIterator in data
  return isStream ? 'a stream: write what it gives, piece by piece' : undefined
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined'
  return value === null ? 'null' : `a ${typeof value}`
}

/** The error to give to a writer: one of ours as it is, and as `invalid-data` what a getter of the data threw. */
export function toSseError(thrown: unknown): SseError {
  if (thrown instanceof SseError) return thrown
  return new SseError('invalid-data', 'The data cannot be read.', { cause: thrown })
}
