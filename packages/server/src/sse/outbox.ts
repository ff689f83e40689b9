import { chunkLength } from '../push/chunk-frames.ts'
import { createChunk, type Chunk } from '../push/chunk.ts'
import { noOutput, type Output, type Producer } from '../push/pushed-body.ts'
import { createTextQueue } from '../push/text-queue.ts'
import { unref } from '../push/unref.ts'

/** How an outbox treats its reader. Times are in milliseconds. */
export interface OutboxLimits {
  /** The first bytes of the body (SSE-23). */
  readonly greeting: string
  /** Sent after `heartbeatMs` without a byte; 0 turns it off. */
  readonly heartbeat: string
  readonly heartbeatMs: number
  /** A reader that takes no byte for so long while some wait is cut off; 0 turns it off (SSE-11a). */
  readonly stallMs: number
  /** Where the output has no mark of its own: the outbox is full while so many bytes wait (SSE-10). */
  readonly highWaterMarkBytes: number
}

/** Who hears of an outbox. */
export interface OutboxListener {
  /** It is not full, or no longer. */
  readonly onRoom: () => void
  /** The reader has left, or was cut off. What waited is dropped, and `onDone` comes next. */
  readonly onGone: (error?: unknown) => void
  /** Once: the last byte was handed over or dropped. Nothing comes after it. */
  readonly onDone: () => void
}

/**
 * The way of one stream's bytes to its reader: a queue in front of an output that takes them at the reader's pace.
 *
 *     push ──▶ [ queue ] ──▶ output ──▶ the reader
 *                  └ heartbeats when it is empty, the end when it is empty, a cut when it does not move
 */
export interface Outbox {
  /** How many bytes wait here, without the greeting and heartbeats (SSE-11). */
  readonly waitingBytes: () => number
  /** True while an awaited write has to wait for the reader (SSE-10, SSE-28). */
  readonly isFull: () => boolean
  /** Takes text to send, which must not be empty. */
  readonly push: (text: string) => void
  /** Gives it the output of the response. */
  readonly open: (output: Output) => Producer
  /** Ends the body once everything that waits was handed over. */
  readonly end: () => void
  /** Drops what waits, and ends the body now. */
  readonly drop: () => void
  /** The reader has left: as if the output had said so. */
  readonly leave: () => void
}

/** While bytes wait the reader is looked at so often in `stallMs`, since a buffer of Node does not tell of each byte. */
const looksPerLimit = 4

/** Makes an outbox, with the greeting in it. Its timers run once it is open, and do not keep the process alive. */
export function createOutbox(
  { greeting, heartbeat, heartbeatMs, stallMs, highWaterMarkBytes }: OutboxLimits,
  listener: OutboxListener,
): Outbox {
  const queue = createTextQueue()
  let output: Output = noOutput
  /** Of the bytes that wait so many are ours. They are in front: ours are put only into an empty queue. */
  let ownBytes = 0
  let state: 'open' | 'ending' | 'done' = 'open'
  let gaveAt = 0
  let movedAt = 0
  let takenBefore = 0
  let beat: ReturnType<typeof setTimeout> | undefined
  let look: ReturnType<typeof setTimeout> | undefined

  function pushOwn(text: string): void {
    const before = queue.bytes()
    queue.push(text)
    ownBytes += queue.bytes() - before
  }

  function give(chunk: Chunk): void {
    gaveAt = performance.now()
    output.write(chunk)
  }

  function pump(): void {
    while (output.isReady) {
      const chunk = queue.take()
      if (chunk === undefined) break
      ownBytes = Math.max(ownBytes - chunk.bytes.length, 0)
      give(chunk)
    }
    if (state === 'ending' && queue.bytes() === 0) finish()
    watch()
    if (state === 'open' && !isFull()) listener.onRoom()
  }

  function isFull(): boolean {
    if (output.isBuffered) return !output.isReady
    return queue.bytes() - ownBytes >= highWaterMarkBytes
  }

  function isWaiting(): boolean {
    return queue.bytes() > 0 || output.heldBytes > 0
  }

  function onReady(): void {
    movedAt = performance.now()
    pump()
  }

  /** Looks after the reader while bytes wait for it. */
  function watch(): void {
    if (look !== undefined || stallMs === 0 || output === noOutput || !isWaiting()) return
    takenBefore = output.takenBytes
    lookIn(stallMs)
  }

  function lookIn(leftMs: number): void {
    look = setTimeout(
      () => {
        look = undefined
        if (!isWaiting()) return
        if (output.isBuffered && output.takenBytes > takenBefore) movedAt = performance.now()
        takenBefore = output.takenBytes
        const left = stallMs - (performance.now() - movedAt)
        // A timer may be early by a fraction of a millisecond.
        if (left >= 1) lookIn(left)
        else cut()
      },
      Math.min(leftMs, stallMs / looksPerLimit),
    )
    unref(look)
  }

  function beatIn(ms: number): void {
    beat = setTimeout(() => {
      const left = heartbeatMs - (performance.now() - gaveAt)
      if (left >= 1) return beatIn(left)
      beatIn(heartbeatMs)
      if (isWaiting()) return
      movedAt = performance.now()
      pushOwn(heartbeat)
      pump()
    }, ms)
    unref(beat)
  }

  function cut(): void {
    output.cut()
    leave()
  }

  function leave(error?: unknown): void {
    if (state === 'done') return
    listener.onGone(error)
    settle()
  }

  function finish(): void {
    if (state === 'done') return
    output.end(undefined, stallMs)
    settle()
  }

  function settle(): void {
    if (state === 'done') return
    state = 'done'
    clearTimeout(beat)
    clearTimeout(look)
    queue.clear()
    output = noOutput
    listener.onDone()
  }

  pushOwn(greeting)
  return {
    waitingBytes: () => queue.bytes() - ownBytes,
    isFull,
    push: (text) => {
      if (!isWaiting()) movedAt = performance.now()
      // What is longer goes through the queue, which cuts it, so that the reader's progress can be seen (SSE-11a).
      if (output.isReady && queue.bytes() === 0 && text.length <= chunkLength) give(createChunk(text))
      else queue.push(text)
      pump()
    },
    open: (given) => {
      // The reader may have left while the response was made.
      if (state !== 'done') {
        output = given
        movedAt = performance.now()
        if (heartbeatMs > 0) beatIn(heartbeatMs)
        watch()
      }
      return { onReady, onGone: leave }
    },
    end: () => {
      if (state !== 'open') return
      state = 'ending'
      pump()
    },
    drop: finish,
    leave: () => leave(),
  }
}
