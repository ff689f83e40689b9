import { encodeEvent, sseEndId } from '@crux/core/sse'

/** What a client is told of a failure. */
export interface MaskedError {
  readonly code: string
  readonly message: string
}

const genericError: MaskedError = { code: 'internal', message: 'The stream failed.' }

/** The last frame of a stream that is over for good: the id makes every client stop (SSE-19, SSE-20). */
export function endFrame(reason: 'complete' | 'error'): string {
  return encodeEvent({ event: 'end', id: sseEndId, data: JSON.stringify({ reason }) })
}

/** Tells of a failure, in the words that `mask` gives; in fixed ones without it, or if it fails itself (SSE-18). */
export function errorFrame(error: unknown, mask: ((error: unknown) => MaskedError) | undefined): string {
  return encodeEvent({ event: 'stream-error', data: JSON.stringify(maskedBy(mask, error)) })
}

function maskedBy(mask: ((error: unknown) => MaskedError) | undefined, error: unknown): MaskedError {
  if (mask === undefined) return genericError
  try {
    const { code, message } = mask(error)
    // What is no text may be anything, such as the error itself.
    return typeof code === 'string' && typeof message === 'string' ? { code, message } : genericError
  } catch {
    return genericError
  }
}
