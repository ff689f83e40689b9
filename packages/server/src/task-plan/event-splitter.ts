import { findEventEnd, findLineEnd, lineFeed, type LineCursor } from './find-event-end.ts'
import { createGrowingBytes, joinBytes } from './growing-bytes.ts'
import { createHeldItems } from './held-items.ts'

/** What becomes of an event, and what is sent with it. */
export interface Verdict {
  readonly original: 'forward' | 'drop' | 'hold'
  /** Whether a held event goes if the next step is joined to its own (INJ-94). */
  readonly isStep?: boolean
  /** What becomes of events held before, ahead of everything else. */
  readonly held?: 'release' | 'drop' | undefined
  readonly before?: Uint8Array | undefined
  readonly after?: Uint8Array | undefined
  /** Nothing that follows is looked at. */
  readonly isLast?: boolean
}

/** Decides about the events of a stream. `undefined` forwards one as it is. */
export interface EventInspector {
  /** The index of the first event, from the one at `from`, that has to be inspected or is unfinished. */
  readonly skip: (bytes: Uint8Array, from: number) => number
  /** A whole event, its blank line included. */
  readonly inspect: (bytes: Uint8Array, from: number, to: number) => Verdict | undefined
  /** The first bytes of an event that is too long to be held. What it leads to is only told at its end. */
  readonly beginLong: (pieces: readonly Uint8Array[]) => Pick<Verdict, 'original' | 'held'>
  readonly continueLong: (bytes: Uint8Array, from: number, to: number) => void
  /** It has ended: what `before` and `after` have is sent after it. */
  readonly endLong: () => Pick<Verdict, 'before' | 'after'>
}

/** Cuts a stream of bytes into events without changing a byte (INJ-100). */
export interface EventSplitter {
  /** True for bytes that go on as they are, whole events all of them; then they need not be pushed. */
  readonly isPlain: (bytes: Uint8Array) => boolean
  readonly push: (bytes: Uint8Array, put: (bytes: Uint8Array) => void) => void
  /** The stream is over: puts what is held, then `last`, then what was unfinished (INJ-105). */
  readonly end: (last: Uint8Array | undefined, put: (bytes: Uint8Array) => void) => void
}

/**
 * Where the stream stands.
 *
 *     border -- event    held until its end, then inspected whole
 *        |       |
 *        |       +------ long    longer than the limit: goes through while it is read
 *        |
 *        +------ comment         its own line, forwarded at its end; after it is a border again
 *
 * `last`: nothing more is looked at.
 */
type Place = 'start' | 'border' | 'event' | 'comment' | 'long' | 'longDropped' | 'longComment' | 'last'

const colon = 58
const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)

/** See `EventSplitter`. Holds at most `maxInspectBytes` and one read. */
export function createEventSplitter(inspector: EventInspector, maxInspectBytes: number): EventSplitter {
  const unfinished = createGrowingBytes()
  const held = createHeldItems<Uint8Array>()
  /** In an event; at a border only `isAfterReturn` says something: a line feed now belongs to what came before. */
  const cursor: LineCursor = { isLineStart: false, isAfterReturn: false }
  let place: Place = 'start'
  /** What is to be sent once it is known that no line feed follows a carriage return. */
  let waiting: Uint8Array[] = []
  /** What became of the event before, for a line feed that still belongs to it. */
  let before: Verdict | undefined

  function push(bytes: Uint8Array, put: (bytes: Uint8Array) => void): void {
    switch (place) {
      case 'start':
        return begin(bytes, put)
      case 'border':
        return walk(bytes, 0, 0, put)
      case 'last':
        return put(bytes)
      default: {
        const end = place === 'event' || place === 'comment' ? finishHeld(bytes, put) : finishLong(bytes, put)
        if (end >= 0) walk(bytes, end, end, put)
      }
    }
  }

  /** Nothing may stand before a byte order mark, which may come in pieces. */
  function begin(bytes: Uint8Array, put: (bytes: Uint8Array) => void): void {
    if (bytes.length === 0) return
    const seen = unfinished.length() > 0 ? joinBytes([unfinished.take(), bytes]) : bytes
    const firstOther = byteOrderMark.findIndex((byte, index) => byte !== seen[index])
    if (firstOther === seen.length) {
      unfinished.append(seen, 0, seen.length)
      return
    }
    place = 'border'
    walk(seen, 0, firstOther < 0 ? byteOrderMark.length : 0, put)
  }

  /**
   * Goes through bytes from a border at `start`. `from` is where the bytes begin that are still to be put out, so that
   * events that nothing happens to go on together.
   */
  function walk(bytes: Uint8Array, from: number, start: number, put: (bytes: Uint8Array) => void): void {
    const { length } = bytes
    let unsent = from
    let index = start
    const sendTo = (end: number) => {
      if (end > unsent) put(unsent === 0 && end === length ? bytes : bytes.subarray(unsent, end))
      unsent = end
    }

    while (index < length) {
      if (cursor.isAfterReturn) {
        cursor.isAfterReturn = false
        if (bytes[index] === lineFeed) {
          index++
          if (before?.original === 'hold') held.hold(bytes.subarray(index - 1, index), before.isStep ?? false)
          if (before && before.original !== 'forward') unsent = index
        }
        before = undefined
        if (waiting.length > 0) {
          sendTo(index)
          putWaiting(put)
        }
        continue
      }
      const inspected = inspector.skip(bytes, index)
      if (inspected > index) {
        before = undefined
        index = inspected
        continue
      }
      cursor.isLineStart = true
      const isComment = bytes[index] === colon
      const end = isComment ? findLineEnd(bytes, index, cursor) : findEventEnd(bytes, index, cursor)
      if (end < 0) {
        sendTo(index)
        unfinished.append(bytes, index, length)
        place = isComment ? 'comment' : 'event'
        if (unfinished.length() > maxInspectBytes) goOnLong(put)
        return
      }
      // An empty line at a border is the end of a comment, or nothing.
      const verdict = isComment ? undefined : inspector.inspect(bytes, index, end)
      if (verdict) {
        if (verdict.held || verdict.before || verdict.original !== 'forward') sendTo(index)
        putAhead(verdict, put)
        if (verdict.original !== 'forward') {
          if (verdict.original === 'hold') held.hold(bytes.subarray(index, end), verdict.isStep ?? false)
          unsent = end
        }
        if (verdict.after && !cursor.isAfterReturn) sendTo(end)
        putAfter(verdict.after, put)
        if (verdict.isLast) {
          place = 'last'
          sendTo(length)
          return
        }
      }
      before = verdict
      index = end
    }
    sendTo(length)
    place = 'border'
  }

  /** Goes on with what is held; gives the index after its end, or -1. */
  function finishHeld(bytes: Uint8Array, put: (bytes: Uint8Array) => void): number {
    const isComment = place === 'comment'
    const end = isComment ? findLineEnd(bytes, 0, cursor) : findEventEnd(bytes, 0, cursor)
    unfinished.append(bytes, 0, end < 0 ? bytes.length : end)
    if (end < 0) {
      if (unfinished.length() > maxInspectBytes) goOnLong(put)
      return -1
    }
    place = 'border'
    before = undefined
    const event = unfinished.take()
    const verdict = isComment ? undefined : inspector.inspect(event, 0, event.length)
    if (!verdict) {
      put(event)
      return end
    }
    putAhead(verdict, put)
    if (verdict.original === 'forward') put(event)
    else if (verdict.original === 'hold') held.hold(event, verdict.isStep ?? false)
    putAfter(verdict.after, put)
    before = verdict
    if (!verdict.isLast) return end
    place = 'last'
    if (end < bytes.length) put(bytes.subarray(end))
    return -1
  }

  /** What is held has become too long: from here on it goes through. */
  function goOnLong(put: (bytes: Uint8Array) => void): void {
    if (place === 'comment') {
      place = 'longComment'
      put(unfinished.take())
      return
    }
    const pieces = unfinished.takePieces()
    const verdict = inspector.beginLong(pieces)
    if (verdict.held) held.release(verdict.held, put)
    place = verdict.original === 'drop' ? 'longDropped' : 'long'
    if (place === 'long') pieces.forEach(put)
  }

  function finishLong(bytes: Uint8Array, put: (bytes: Uint8Array) => void): number {
    const isComment = place === 'longComment'
    const isDropped = place === 'longDropped'
    const end = isComment ? findLineEnd(bytes, 0, cursor) : findEventEnd(bytes, 0, cursor)
    const to = end < 0 ? bytes.length : end
    if (!isDropped) put(to === bytes.length ? bytes : bytes.subarray(0, to))
    if (!isComment) inspector.continueLong(bytes, 0, to)
    if (end < 0) return -1
    place = 'border'
    before = isDropped ? { original: 'drop' } : undefined
    if (!isComment) {
      const verdict = inspector.endLong()
      putAfter(verdict.before, put)
      putAfter(verdict.after, put)
    }
    return end
  }

  function putAhead(verdict: Verdict, put: (bytes: Uint8Array) => void): void {
    if (verdict.held) held.release(verdict.held, put)
    if (verdict.before) put(verdict.before)
  }

  function putAfter(after: Uint8Array | undefined, put: (bytes: Uint8Array) => void): void {
    if (!after) return
    if (cursor.isAfterReturn) waiting.push(after)
    else put(after)
  }

  function putWaiting(put: (bytes: Uint8Array) => void): void {
    const ready = waiting
    waiting = []
    ready.forEach(put)
  }

  return {
    isPlain(bytes) {
      if (place !== 'border' || cursor.isAfterReturn || inspector.skip(bytes, 0) < bytes.length) return false
      before = undefined
      return true
    },
    push,
    end(last, put) {
      putWaiting(put)
      // Where part of an event is out, nothing can stand between that and the rest of it.
      if (place !== 'long' && place !== 'longComment' && place !== 'last') {
        held.release('release', put)
        if (last) put(last)
      }
      if (unfinished.length() > 0) put(unfinished.take())
    },
  }
}
