import { misuse, shown } from '../misuse.ts'

/** What a guardrail finds. Reasons are for people and end up in `_meta.guardrails`: keep the text out of them. */
export type GuardResult =
  | { readonly action: 'pass' }
  | { readonly action: 'warn'; readonly reason: string }
  | { readonly action: 'block'; readonly reason: string }
  | {
      readonly action: 'redact' | 'transform'
      readonly content: string
      readonly reason?: string | undefined
    }

/** What a guardrail knows beside the text. */
export interface GuardContext {
  readonly promptId?: string | undefined
  readonly phase: 'input' | 'output'
  /** Model call of the whole call, from 0. Always 0 for an input. */
  readonly step: number
  /** True where nothing of this text follows. */
  readonly last: boolean
}

/** Looks at what goes in or comes out, and lets it pass, notes it, rewrites it or stops the call. Made by `guardrail()`. */
export interface Guardrail {
  readonly name: string
  readonly phase: 'input' | 'output'
  readonly validate?: (text: string, context: GuardContext) => MaybePromise<GuardResult>
  readonly onChunk?: (
    chunk: string,
    accumulated: string,
    context: GuardContext,
  ) => MaybePromise<GuardResult | { readonly action: 'hold' }>
  readonly stream?: { readonly buffer: 'full' | 'none' }
}

type MaybePromise<T> = T | Promise<T>

/**
 * A guard over texts (AI-45 to AI-48). What a guard throws, or gives that is no result, ends the call: no text gets
 * past a broken guard.
 *
 * `phase: 'input'` looks once, before the first model call, at every user turn behind the last assistant turn; **earlier
 * turns are not looked at again**. `phase: 'output'` looks at every text block of every step, and nothing downstream
 * sees what it has not let through. Reasoning, tool inputs and tool results are not guarded: use `toolMiddleware`.
 *
 * `validate` gets a whole block. `onChunk` gets it in the pieces of the stream: `hold` puts a piece in front of the
 * next one, which is how a word cut in two is seen whole. At the end of a block a held rest is offered once more with
 * `last: true`, where `hold` blocks. A `validate` beside `onChunk` judges what was let through, and can only pass or
 * block it. `stream.buffer: 'full'`, the default without `onChunk`, shows nothing of a block before its end. In
 * `generate` every block is one piece.
 *
 * Throws `CruxAIError` code `usage` on an empty name, an unknown phase or buffer, and where no callback fits the phase.
 *
 * @example
 * const noEmails = guardrail({
 *   name: 'no-emails',
 *   phase: 'output',
 *   validate: (text) =>
 *     text.includes('@') ? { action: 'redact', content: text.replaceAll(/\S+@\S+/g, '[email]') } : { action: 'pass' },
 * })
 */
export function guardrail(options: Guardrail): Guardrail {
  const { name, phase, validate, onChunk, stream } = options
  if (typeof name !== 'string' || name === '') throw misuse('guardrail', 'name must not be empty')
  if (phase !== 'input' && phase !== 'output') {
    throw misuse('guardrail', `phase of "${name}" must be input or output, got ${shown(phase)}`)
  }
  for (const [field, callback] of Object.entries({ validate, onChunk })) {
    if (callback === undefined || typeof callback === 'function') continue
    throw misuse('guardrail', `${field} of "${name}" must be a function, got ${shown(callback)}`)
  }
  if (validate === undefined && onChunk === undefined) {
    throw misuse('guardrail', `"${name}" needs validate or onChunk`)
  }
  if (phase === 'input' && validate === undefined) {
    throw misuse('guardrail', `"${name}" has phase input and needs validate; an input comes in one piece`)
  }
  const buffer = stream?.buffer
  if (buffer !== undefined && buffer !== 'full' && buffer !== 'none') {
    throw misuse('guardrail', `stream.buffer of "${name}" must be full or none, got ${shown(buffer)}`)
  }
  if (buffer === 'none' && onChunk === undefined) {
    throw misuse('guardrail', `"${name}" has stream.buffer none and needs onChunk`)
  }
  return Object.freeze({ ...options, stream: Object.freeze({ buffer: bufferOf(options) }) })
}

/** Whether a guard sees a block at its end or piece by piece. */
export function bufferOf({ onChunk, stream }: Guardrail): 'full' | 'none' {
  return stream?.buffer ?? (onChunk === undefined ? 'full' : 'none')
}
