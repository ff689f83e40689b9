import type { CruxRecord } from '@crux/core'
import { unref } from '../push/unref.ts'
import { feedEnded, openFeed } from './feed.ts'
import { tagCursor, untagCursor } from './live-cursor.ts'
import type { FollowedScope, Poll } from './live-state.ts'
import { refOf } from './progress-window.ts'
import { encodeChange, removalOf, type View } from './view.ts'

/** What a poll asks. */
export interface PollOptions {
  /** Entered by the caller, so that no change falls between reading and waiting. */
  readonly scope: FollowedScope
  readonly view: View
  /** The cursor to go on from; `''` for none. */
  readonly after: string
  /** How long it may be held until something changes, in milliseconds. */
  readonly waitMs: number
  /** Told to the client: how long to wait before the next poll, in milliseconds. */
  readonly retryAfterMs: number
  readonly signal: AbortSignal
}

/** What has changed since a cursor. */
interface News {
  readonly cursor: string
  readonly reset: boolean
  /** JSON of data parts. */
  readonly parts: readonly string[]
}

/**
 * The JSON text of the answer to a poll: `{ cursor, reset, changes, retryAfterMs }` (LIVE-19). A poll that is ended by
 * the handler is answered at once, without changes and with the cursor that it came with. Rejects with the store's
 * error.
 */
export async function answerPoll({
  scope,
  view,
  after,
  waitMs,
  retryAfterMs,
  signal,
}: PollOptions): Promise<string> {
  let state: 'held' | 'due' | 'ended' = waitMs > 0 ? 'held' : 'due'
  let feed = new AbortController()
  let wake = () => {}

  const becomeDue = () => {
    if (state === 'held') state = 'due'
    wake()
  }
  const poll: Poll = {
    onChange: () => wake(),
    onEnd: () => {
      state = 'ended'
      feed.abort(feedEnded)
      wake()
    },
  }

  async function read(): Promise<News> {
    feed = new AbortController()
    try {
      const news = await readNews(scope, view, untagCursor(after, view.tag), feed)
      if (isEnded()) return { cursor: after, reset: false, parts: [] }
      return news
    } catch (error) {
      if (isEnded()) return { cursor: after, reset: false, parts: [] }
      throw error
    }
  }

  const isEnded = () => state === 'ended'

  const timer = state === 'held' ? setTimeout(becomeDue, waitMs) : undefined
  unref(timer)
  signal.addEventListener('abort', becomeDue)
  if (signal.aborted) becomeDue()
  scope.polls.add(poll)
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const news = await read()
      if (news.reset || news.parts.length > 0 || state !== 'held') return encodeNews(news, retryAfterMs)
      await woken
      if (state !== 'held') return encodeNews(news, retryAfterMs)
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', becomeDue)
    scope.polls.delete(poll)
  }
}

async function readNews(
  { store }: FollowedScope,
  view: View,
  after: string | undefined,
  ending: AbortController,
): Promise<News> {
  const newest = new Map<string, CruxRecord>()
  let reset = false
  let cursor = ''
  const { batches } = await openFeed(store, after, ending)
  for await (const batch of batches) {
    if (batch.reset) {
      reset = true
      newest.clear()
    }
    for (const record of batch.changes) newest.set(refOf(record), record)
    if (batch.cursor !== undefined) cursor = tagCursor(batch.cursor, view.tag)
  }
  return { cursor, reset, parts: [...encodeAll(newest.values(), view, reset)] }
}

/** A snapshot leaves out what is not to be seen; otherwise it is taken back. */
function* encodeAll(records: Iterable<CruxRecord>, view: View, isSnapshot: boolean): Generator<string> {
  for (const record of records) {
    if (!isSnapshot) yield encodeChange(view, record)
    else if (removalOf(record) === undefined) {
      const text = view.encode(record)
      if (text !== undefined) yield text
    }
  }
}

function encodeNews({ cursor, reset, parts }: News, retryAfterMs: number): string {
  return `{"cursor":${JSON.stringify(cursor)},"reset":${reset},"changes":[${parts.join(',')}],"retryAfterMs":${retryAfterMs}}`
}
