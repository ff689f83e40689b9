import { vi } from 'vitest'

/** One block of an event stream, as it came. */
export interface Frame {
  readonly text: string
  readonly event?: string
  readonly id?: string
  readonly data?: unknown
  readonly comment?: string
  readonly retry?: number
}

/** The frames of a stream as they come, and what one may wait for. */
export interface FrameReader {
  /** Everything so far, in order. */
  readonly frames: readonly Frame[]
  readonly text: () => string
  readonly isEnded: () => boolean
  /** How the body failed, if it did. */
  readonly failure: () => unknown
  /** How many pieces the body came in. */
  readonly pieces: () => number
  /** Waits until a frame fits; gives everything up to and including it, and goes on after it the next time. */
  readonly until: (fits: (frame: Frame) => boolean) => Promise<readonly Frame[]>
  /** Waits for a change of that key, and of that revision if given. */
  readonly untilChange: (key: string, revision?: number) => Promise<readonly Frame[]>
  readonly untilReady: () => Promise<readonly Frame[]>
  /** Waits for the end of the body; gives what had not been taken. */
  readonly untilEnd: () => Promise<readonly Frame[]>
  readonly cancel: () => Promise<void>
}

/** Reads a body on and on. Strict: a line that is no field, or a body that ends inside a frame, is a failure. */
export function readFrames(body: ReadableStream<Uint8Array> | null): FrameReader {
  if (body === null) throw new Error('There is no body.')
  const reader = body.getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const frames: Frame[] = []
  let rest = ''
  let text = ''
  let pieces = 0
  let taken = 0
  let isEnded = false
  let failure: unknown

  const run = async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        pieces++
        const piece = decoder.decode(value, { stream: true })
        text += piece
        rest += piece
        for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
          frames.push(parseFrame(rest.slice(0, end)))
          rest = rest.slice(end + 2)
        }
      }
      if (rest !== '') throw new Error(`The body ended inside a frame: ${JSON.stringify(rest)}`)
    } catch (error) {
      failure = error
    }
    isEnded = true
  }
  void run()

  const until = async (fits: (frame: Frame) => boolean) => {
    const from = taken
    let at = from
    await vi.waitFor(
      () => {
        while (at < frames.length) {
          const frame = frames[at++]
          if (frame !== undefined && fits(frame)) return
        }
        throw new Error(isEnded ? 'The body ended.' : 'It has not come.', { cause: failure })
      },
      { timeout: 20_000, interval: 2 },
    )
    taken = at
    return frames.slice(from, at)
  }

  return {
    frames,
    text: () => text,
    isEnded: () => isEnded,
    failure: () => failure,
    pieces: () => pieces,
    until,
    untilChange: (key, revision) =>
      until(({ data }) => isPart(data) && data.key === key && (revision ?? data.revision) === data.revision),
    untilReady: () => until(({ data }) => isReady(data)),
    untilEnd: async () => {
      await vi.waitFor(() => (isEnded ? undefined : Promise.reject(new Error('It has not ended.'))), {
        timeout: 5_000,
        interval: 2,
      })
      return frames.slice(taken)
    },
    cancel: () => reader.cancel(),
  }
}

/** A data part as it comes over the wire. */
export interface SentPart {
  readonly entity: string
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
  readonly event: string
  readonly revision: number
}

export function isPart(data: unknown): data is SentPart {
  return typeof data === 'object' && data !== null && 'entity' in data
}

export function isReady(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'phase' in data && data.phase === 'ready'
}

/** The parts among frames. */
export function partsOf(frames: readonly Frame[]): readonly SentPart[] {
  return frames.map(({ data }) => data).filter(isPart)
}

/** A cursor's epoch is random; its position is not. */
export function withoutEpoch(text: string): string {
  return text.replaceAll(/^id: [0-9a-z]+(~[0-9a-z]+)?\.(\d+)$/gm, 'id: epoch$1.$2')
}

export function parseFrame(text: string): Frame {
  const frame: { -readonly [Field in keyof Frame]: Frame[Field] } = { text }
  for (const line of text.split('\n')) {
    const match = /^(event|id|data|retry|): ?(.*)$/.exec(line)
    if (match === null) throw new Error(`No line of an event stream: ${JSON.stringify(line)}`)
    const [, name, value = ''] = match
    if (name === '') frame.comment = value
    else if (name === 'event') frame.event = value
    else if (name === 'id') frame.id = value
    else if (name === 'retry') frame.retry = Number(value)
    else frame.data = JSON.parse(value)
  }
  return frame
}
