import { CruxError } from '../errors/crux-error.ts'

/** What is wrong with a chunk, a path or a stream, as a word that programs may branch on (STR-14). */
export type StructuredStreamErrorCode =
  | 'malformed-path'
  | 'forbidden-key'
  | 'container-conflict'
  | 'index-out-of-range'
  | 'append-non-array'
  | 'text-delta-non-string'
  | 'after-final'
  | 'stream-mismatch'
  | 'unknown-kind'
  | 'malformed-chunk'
  | 'limit-exceeded'
  | 'incomplete'

/** Where and what an error is. */
export interface StructuredStreamErrorOptions {
  /** `''` where there is no stream. */
  readonly streamId?: string | undefined
  readonly path?: string | undefined
  /** The path of the place that is wrong; `''` is the root. */
  readonly at?: string | undefined
  /** What had to be there, and what was: kinds, never values. */
  readonly expected?: string | undefined
  readonly found?: string | undefined
  /** Said instead of what was expected and found. */
  readonly problem?: string | undefined
  readonly cause?: unknown
}

/**
 * The one error of structured streams. Its message names stream, path and place, and holds no value of the data (STR-15):
 * `Stream "mail-1", path "body.0": needs an array at "body", found string (container-conflict).`
 */
export class StructuredStreamError extends CruxError<StructuredStreamErrorCode> {
  override readonly name: string = 'StructuredStreamError'
  readonly streamId: string
  declare readonly path?: string
  declare readonly at?: string
  declare readonly expected?: string
  declare readonly found?: string

  constructor(code: StructuredStreamErrorCode, options: StructuredStreamErrorOptions = {}) {
    super(code, describe(code, options), { cause: options.cause })
    const { streamId = '', path, at, expected, found } = options
    this.streamId = streamId
    if (path !== undefined) this.path = path
    if (at !== undefined) this.at = at
    if (expected !== undefined) this.expected = expected
    if (found !== undefined) this.found = found
  }

  /** True for a `StructuredStreamError` of any copy of this package; with `code`, only for that code. */
  static override is<Code extends string = StructuredStreamErrorCode>(
    error: unknown,
    code?: Code,
  ): error is StructuredStreamError & CruxError<Code> {
    return CruxError.is(error, code) && error.name === 'StructuredStreamError'
  }
}

function describe(
  code: StructuredStreamErrorCode,
  { streamId = '', path, at, expected, found, problem }: StructuredStreamErrorOptions,
): string {
  const names: string[] = []
  if (streamId !== '') names.push(`stream ${quote(streamId)}`)
  if (path !== undefined) names.push(`path ${quote(path)}`)
  const subject = names.length === 0 ? 'structured stream' : names.join(', ')
  const place = at === undefined ? '' : at === '' ? ' at the root' : ` at ${quote(at)}`
  const what = problem ?? `needs ${expected}${place}, found ${found}`
  return `${subject.charAt(0).toUpperCase()}${subject.slice(1)}: ${what} (${code}).`
}

/** A name from outside may be long, and may hold line ends. */
function quote(name: string): string {
  return JSON.stringify(name.length > 256 ? `${name.slice(0, 256)}…` : name)
}
