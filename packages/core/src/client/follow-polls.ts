import { SseError } from '../sse/sse-error.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { createConnection, type BodyReader, type Connection } from './connection.ts'
import type { LiveTarget } from './live-target.ts'
import { readJsonFields } from './read-json.ts'
import { sendRequest, type EventRequest } from './request-events.ts'
import { SseClientError } from './sse-client-error.ts'

/** How a live store is polled. */
export interface FollowPollsOptions extends Omit<EventRequest, 'method' | 'body'> {
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number } | undefined
  readonly intervalMs?: number | undefined
  readonly waitMs?: number | undefined
  /** Default true. False where other pages look on, which may be seen while this one is hidden. */
  readonly pausesWhenHidden?: boolean | undefined
}

/** What a server holds a poll for at most, in milliseconds (LIVE-19). */
const longestHoldMs = 25_000
/** A snapshot of a quarter of a million entities; one that grows without end is given up. */
const longestAnswer = 128 * 1024 * 1024

/** Follows a live store by polls, one after another, each for what changed since the last (LIVE-19, CLI-6). */
export function followPolls(url: string | URL, options: FollowPollsOptions, target: LiveTarget): Connection {
  const { headers, backoff, intervalMs = 2_000, waitMs = 0, pausesWhenHidden = true } = options
  const holdMs = Math.min(waitMs, longestHoldMs)
  let isLive = false
  let askedAt = 0

  function onAnswer(text: string) {
    const { cursor, reset, changes, retryAfterMs } = readJsonFields(text)
    // A poll that its server cut short has no cursor, if it had none before.
    if (typeof cursor !== 'string' || cursor === '' || !Array.isArray(changes))
      return connection.reconnect(new SseClientError('network', 'This is no answer to a poll.'))

    const leastMs = typeof retryAfterMs === 'number' ? Math.min(Math.max(retryAfterMs, 0), 600_000) : 0
    connection.setRetryMs(leastMs)
    // Before the delivery, because whoever gets it may close the connection.
    if (waitMs > 0 && !isCutShort(reset === true || changes.length > 0)) connection.repeat(0, 0)
    else connection.repeat(Math.max(intervalMs, leastMs), leastMs)

    const ready = reset === true || !isLive
    isLive = true
    // The sink checks what it is given and counts what it cannot use (CLI-13).
    target.deliver({ reset: reset === true, changes: changes as CruxDataPart[], ready, cursor })
  }

  /** A server that does not hold polls, or not any more, would otherwise be asked without a pause. */
  function isCutShort(hasNews: boolean): boolean {
    return !hasNews && performance.now() - askedAt < holdMs / 2
  }

  const connection = createConnection({
    request(signal) {
      askedAt = performance.now()
      return sendRequest(
        url,
        options,
        { accept: 'application/json' },
        { after: target.cursor() || null, wait: waitMs > 0 ? holdMs : null },
        signal,
      )
    },
    mediaType: 'application/json',
    backoff,
    retryUnauthorized: typeof headers === 'function',
    // As long as the silence that a stream is allowed (CLI-1), after the time that it may be held.
    idleTimeoutMs: holdMs + 37_500,
    staleAfterMs: () => holdMs + 22_500,
    mayGoOn: () => !pausesWhenHidden || isShown(),
    onStatus(status, error) {
      isLive = false
      target.status(status, error)
    },
    open: () => readText(onAnswer),
  })
  return connection
}

/** A page that nobody sees does not poll; where there is no page, there is always somebody. */
function isShown(): boolean {
  return globalThis.document?.visibilityState !== 'hidden'
}

function readText(onText: (text: string) => void): BodyReader {
  const decoder = new TextDecoder()
  let text = ''
  return {
    push(bytes) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length > longestAnswer)
        throw new SseError('event-too-large', `An answer is longer than ${longestAnswer} characters.`)
    },
    end: () => onText(text + decoder.decode()),
  }
}
