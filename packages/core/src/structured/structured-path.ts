import { StructuredStreamError, type StructuredStreamErrorCode } from './structured-stream-error.ts'

type Fail = (code: StructuredStreamErrorCode, problem: string) => StructuredStreamError

/** One segment as it was written. */
interface Segment {
  readonly text: string
  /** It held a backslash, so it is a key whatever it looks like. */
  readonly isEscaped: boolean
}

/** A segment of a pattern that stands for any one segment (STR-24). */
export const anySegment: unique symbol = Symbol('*')

/**
 * The segments of a dotted path: a number is an array index, a string an object key (STR-1, STR-2). A backslash makes the
 * next character literal and its segment a key. Throws `StructuredStreamError` `malformed-path` or `forbidden-key`.
 *
 * @example
 * parsePath('files.src/app\\.ts') // ['files', 'src/app.ts']
 * parsePath('sections.0.body') // ['sections', 0, 'body']
 */
export function parsePath(path: string): readonly (string | number)[] {
  return parsePathOf(path, '')
}

/** `parsePath`, with errors that name the stream. */
export function parsePathOf(path: string, streamId: string): readonly (string | number)[] {
  const fail: Fail = (code, problem) => new StructuredStreamError(code, { streamId, path, problem })
  return splitPath(path, fail).map((segment) => readSegment(segment, fail))
}

/** The segments of a pattern, where an unescaped `*` is `anySegment`. Throws what `parsePath` throws. */
export function parsePattern(pattern: string): readonly (string | number | typeof anySegment)[] {
  const fail: Fail = (code, problem) => new StructuredStreamError(code, { path: pattern, problem })
  return splitPath(pattern, fail).map((segment) =>
    segment.text === '*' && !segment.isEscaped ? anySegment : readSegment(segment, fail),
  )
}

/**
 * The path of some segments, escaped where it has to be: `parsePath(formatPath(segments))` equals `segments` (STR-5).
 * Throws `malformed-path` for no segments, the empty key and an index that is none, `forbidden-key` as `parsePath` does.
 */
export function formatPath(segments: readonly (string | number)[]): string {
  if (segments.length === 0) throw pathError('malformed-path', '', 'the root has no path')
  return segments.map(formatSegment).join('.')
}

/** The path of a member of what is at `path`, which is `''` for the root. */
export function joinPath(path: string, segment: string | number): string {
  const last = formatSegment(segment)
  return path === '' ? last : `${path}.${last}`
}

/** Names that reach a prototype and are therefore no keys (STR-4). */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

function formatSegment(segment: string | number): string {
  if (typeof segment === 'number') {
    if (Number.isSafeInteger(segment) && segment >= 0) return String(segment)
    throw pathError('malformed-path', String(segment), 'an index must be a non-negative safe integer')
  }
  if (segment === '') throw pathError('malformed-path', '', 'the empty key has no path')
  if (isForbiddenKey(segment)) throw pathError('forbidden-key', segment, 'this key is not allowed')
  if (segment === '*' || /^[0-9]+$/.test(segment)) return `\\${segment}`
  return segment.replace(/[.\\]/g, '\\$&')
}

function splitPath(path: string, fail: Fail): readonly Segment[] {
  const segments: Segment[] = []
  let text = ''
  let isEscaped = false
  for (let at = 0; at <= path.length; at++) {
    const character = path[at]
    if (character === undefined || character === '.') {
      if (text === '') throw fail('malformed-path', 'has an empty segment')
      segments.push({ text, isEscaped })
      text = ''
      isEscaped = false
    } else if (character === '\\') {
      at++
      if (at === path.length) throw fail('malformed-path', 'ends with a lone backslash')
      text += path[at]
      isEscaped = true
    } else {
      text += character
    }
  }
  return segments
}

function readSegment({ text, isEscaped }: Segment, fail: Fail): string | number {
  if (!isEscaped && /^[0-9]+$/.test(text)) {
    const index = Number(text)
    // Leading zeros, and numbers too large to be told apart.
    if (String(index) !== text) throw fail('malformed-path', 'has an index that is not canonical')
    return index
  }
  if (isForbiddenKey(text)) throw fail('forbidden-key', 'has a key that is not allowed')
  return text
}

function pathError(code: StructuredStreamErrorCode, path: string, problem: string): StructuredStreamError {
  return new StructuredStreamError(code, { path, problem })
}
