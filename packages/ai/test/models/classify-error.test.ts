import { ValidationExhaustedError } from '@crux/ai'
import { APICallError, RetryError } from 'ai'
import { describe, expect, test } from 'vitest'
import { errorCategory } from '../../src/models/classify-error.ts'

const apiError = (statusCode: number) =>
  new APICallError({ message: 'no', url: 'https://model.test', requestBodyValues: {}, statusCode })

const withCode = (code: string, message = code) => Object.assign(new Error(message), { code })

const exhausted = new ValidationExhaustedError('No valid answer', {
  attempts: 1,
  maxAttempts: 1,
  promptId: undefined,
  issues: [],
  lastRawOutput: '',
})

describe('AI-39 AIT-38 failures by category', () => {
  test.each<[title: string, error: unknown, category: string | undefined]>([
    ['429', apiError(429), 'rate_limit'],
    ['500', apiError(500), 'server_error'],
    ['503', apiError(503), 'server_error'],
    ['599', apiError(599), 'server_error'],
    ['600 is no status', apiError(600), undefined],
    ['401', apiError(401), 'auth_error'],
    ['403', apiError(403), 'auth_error'],
    ['400', apiError(400), undefined],
    ['404', apiError(404), undefined],
    ['status instead of statusCode', Object.assign(new Error('no'), { status: 429 }), 'rate_limit'],
    ['a plain object, as streams send it', { message: 'Overloaded', statusCode: 529 }, 'server_error'],
    ['ETIMEDOUT', withCode('ETIMEDOUT'), 'timeout'],
    ['TimeoutError', new DOMException('late', 'TimeoutError'), 'timeout'],
    ['AbortError', new DOMException('gone', 'AbortError'), undefined],
    ['ECONNREFUSED', withCode('ECONNREFUSED'), 'connection_error'],
    ['ECONNRESET', withCode('ECONNRESET'), 'connection_error'],
    ['ENOTFOUND', withCode('ENOTFOUND'), 'connection_error'],
    ['EPIPE', withCode('EPIPE'), undefined],
    ['fetch failed', new TypeError('fetch failed'), 'connection_error'],
    ['prefetch failed is something else', new Error('prefetch failed'), undefined],
    ['schema retries ran out', exhausted, 'validation_exhausted'],
    ['any other error', new Error('no'), undefined],
    ['no error at all', undefined, undefined],
    ['a string', 'fetch failed', undefined],
  ])('%s', (_title, error, category) => {
    expect(errorCategory(error)).toBe(category)
  })

  test.each<[title: string, error: unknown, category: string | undefined]>([
    ['below cause', new Error('outer', { cause: apiError(429) }), 'rate_limit'],
    [
      'two below cause',
      new Error('a', { cause: new Error('b', { cause: withCode('ECONNRESET') }) }),
      'connection_error',
    ],
    [
      'the last error of a retry wrapper, not an earlier one',
      new RetryError({
        message: 'gave up',
        reason: 'maxRetriesExceeded',
        errors: [apiError(400), apiError(503)],
      }),
      'server_error',
    ],
    [
      'a retry wrapper whose last error is final',
      new RetryError({
        message: 'gave up',
        reason: 'errorNotRetryable',
        errors: [apiError(503), apiError(400)],
      }),
      undefined,
    ],
    [
      'an outer status decides over what is below it',
      Object.assign(new Error('bad', { cause: withCode('ECONNRESET') }), { statusCode: 400 }),
      undefined,
    ],
    [
      'a status of success decides nothing: the answer broke off',
      Object.assign(new Error('broken', { cause: withCode('ECONNRESET') }), { statusCode: 200 }),
      'connection_error',
    ],
  ])('%s', (_title, error, category) => {
    expect(errorCategory(error)).toBe(category)
  })

  test('a cause that is its own cause', () => {
    const error = new Error('round')
    error.cause = error
    expect(errorCategory(error)).toBeUndefined()
  })
})
