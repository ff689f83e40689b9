import { SseError } from './sse-error.ts'

/** One event to send. */
export interface SseFrame {
  /** Name of the event; empty or missing means `message`. No CR, LF or NUL. */
  readonly event?: string | undefined
  /** Any text. CRLF, CR and LF all separate lines, and a receiver joins the lines with LF. */
  readonly data: string
  /** At most 1024 UTF-8 bytes, no control character, no space at either end; `''` clears the client's last id. */
  readonly id?: string | undefined
  /** How long a client shall wait before it reconnects, in whole milliseconds. */
  readonly retry?: number | undefined
}

/** A note that no client sees as an event; it keeps a connection alive. `''` gives the shortest one. */
export interface SseComment {
  readonly comment: string
}

const maxIdBytes = 1024
const utf8 = /* @__PURE__ */ new TextEncoder()

/**
 * The text of one frame: `event`, `id`, `retry` and `data` in this order, then an empty line; or the lines of a
 * comment, then an empty line (SSE-14 to SSE-17). No value can make another field or another event.
 * Throws `SseError` `invalid-event`, `invalid-id`, `invalid-retry` or `invalid-data` for a value of the wrong form;
 * reserved names and sizes are the business of the stream that sends it (SSE-12).
 *
 * @example
 * encodeEvent({ event: 'row', id: '12', data: '{"n":1}' }) // 'event: row\nid: 12\ndata: {"n":1}\n\n'
 */
export function encodeEvent(frame: SseFrame | SseComment): string {
  if ('comment' in frame) return `${field('', frame.comment)}\n`
  const { event, id, retry, data } = frame
  let head = ''
  if (event !== undefined && event !== '') head = `event: ${checkedEvent(event)}\n`
  if (id !== undefined) head += id === '' ? 'id:\n' : `id: ${checkedId(id)}\n`
  if (retry !== undefined) head += `retry: ${checkedRetry(retry)}\n`
  return `${head}${field('data', data)}\n`
}

/** One line `name: text` for each line of `text`. */
function field(name: string, text: string): string {
  if (typeof text !== 'string')
    throw new SseError('invalid-data', `Data must be a string, not ${typeof text}.`)
  if (text === '') return `${name}:\n`
  // JSON never holds a raw line end, so this is the way that nearly every event goes.
  if (!text.includes('\n') && !text.includes('\r')) return `${name}: ${text}\n`
  let lines = ''
  for (const line of text.split(/\r\n|\r|\n/)) lines += line === '' ? `${name}:\n` : `${name}: ${line}\n`
  return lines
}

function checkedEvent(event: string): string {
  if (typeof event === 'string' && !/[\0\r\n]/.test(event)) return event
  throw new SseError('invalid-event', 'The name of an event must be a string without CR, LF and NUL.')
}

function checkedId(id: string): string {
  // It comes back as a header, which refuses control characters and loses spaces at its ends (SSE-15).
  // oxlint-disable-next-line no-control-regex -- control characters are what must be found
  if (typeof id === 'string' && !/[\0-\x1f\x7f]|^ | $/.test(id) && fitsHeader(id)) return id
  throw new SseError(
    'invalid-id',
    `An id must be a string of at most ${maxIdBytes} UTF-8 bytes, without control characters and without a space at either end.`,
  )
}

function fitsHeader(id: string): boolean {
  // A UTF-16 unit is at most 3 bytes of UTF-8.
  return id.length * 3 <= maxIdBytes || utf8.encode(id).length <= maxIdBytes
}

function checkedRetry(retry: number): number {
  if (Number.isSafeInteger(retry) && retry >= 0) return retry
  throw new SseError(
    'invalid-retry',
    `retry must be a non-negative safe integer of milliseconds, not ${retry}.`,
  )
}
