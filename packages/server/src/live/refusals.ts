import type { Refusal } from '../push/error-response.ts'

/** How long a client that is turned away is asked to wait, in seconds. */
const comeBackAfter = { 'retry-after': '5' }

/** What a client is told when it gets no stream (LIVE-13). */
export const refusals = {
  method: {
    status: 405,
    code: 'method-not-allowed',
    message: 'Use GET or HEAD.',
    headers: { allow: 'GET, HEAD' },
  },
  forbidden: { status: 403, code: 'forbidden', message: 'You may not follow this.' },
  broken: { status: 500, code: 'internal', message: 'The request could not be answered.' },
  failed: {
    status: 503,
    code: 'unavailable',
    message: 'The request could not be answered now. Try again later.',
    headers: comeBackAfter,
  },
  storeUnavailable: {
    status: 503,
    code: 'store-unavailable',
    message: 'The data cannot be reached now. Try again later.',
    headers: comeBackAfter,
  },
  closed: {
    status: 503,
    code: 'closed',
    message: 'This server is shutting down. Try again later.',
    headers: comeBackAfter,
  },
} as const satisfies Record<string, Refusal>
