import {
  CascadeExhaustedError,
  ConstraintViolationError,
  CruxAIError,
  EmbeddingDimensionError,
  GuardrailBlockedError,
  ValidationExhaustedError,
} from '@crux/ai'
import { CruxError } from '@crux/core/errors'
import { ToolApprovalError } from '@crux/core/tool-middleware'
import { APICallError, RetryError } from 'ai'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'

const validation = new ValidationExhaustedError('no luck', {
  attempts: 2,
  maxAttempts: 2,
  promptId: 'p',
  issues: [{ path: 'a', message: 'expected 4111-1111' }],
  lastRawOutput: '{"card":"4111-1111"}',
})
const constraint = new ConstraintViolationError('too long', {
  failed: ['short'],
  audit: [],
  totalAttempts: 1,
  lastOutput: 'secret answer',
})
const guard = new GuardrailBlockedError({ phase: 'input', guardrail: 'pii', reason: 'a card number' })
const cascade = new CascadeExhaustedError({ tiers: [], lastResult: { text: 'secret answer' } })
const dimension = new EmbeddingDimensionError({ embedding: 'docs', index: 3, expected: 4, actual: 2 })
const api = new APICallError({
  message: 'busy',
  url: 'https://x.test',
  requestBodyValues: {},
  statusCode: 503,
})
const timeout = new DOMException('too slow', 'TimeoutError')

describe('CruxAIError.classify', () => {
  test.each([
    ['a TimeoutError', timeout, 'timeout'],
    ['an AbortError', new DOMException('left', 'AbortError'), 'aborted'],
    ['exhausted validation', validation, 'validation_exhausted'],
    ['a guard', guard, 'policy'],
    ['a constraint', constraint, 'policy'],
    ['a cascade', cascade, 'policy'],
    ['an approval', new ToolApprovalError('expired', 'too late', 'a1'), 'policy'],
    ['misuse of a part in core', new CruxError('invalid-value', 'toolMiddleware(): no'), 'usage'],
    ['a store out of reach', new CruxError('store-unavailable', 'gone'), 'provider'],
    ['an error of the provider', api, 'provider'],
    ['an error of any kind', new TypeError('x is not a function'), 'provider'],
  ])('AI-69 AIT-81 %s', (_name, error, code) => {
    const classified = CruxAIError.classify(error)
    expect(classified).toMatchObject({ code, cause: error, message: error.message })
  })

  test.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a text', 'text', 'text'],
    ['a number', 42, '42'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object like an error', { message: 'Overloaded' }, 'Overloaded'],
    ['an object without a text', Object.create(null), 'object'],
  ])('AI-69 AIT-81 takes any value: %s', (_name, value, message) => {
    const classified = CruxAIError.classify(value)
    expect([classified.code, classified.cause, classified.message]).toEqual(['provider', value, message])
  })

  test('AI-69 AIT-81 a retry wrapper counts as its last error', () => {
    const wrapped = new RetryError({
      message: 'tried 3 times',
      reason: 'maxRetriesExceeded',
      errors: [api, timeout],
    })
    expect(CruxAIError.classify(wrapped)).toMatchObject({ code: 'timeout', cause: wrapped })
  })

  test('AI-69 AIT-81 a wrapper that is its own last error is none', () => {
    const round: Error & { lastError?: unknown } = new Error('round')
    round.lastError = round
    expect(CruxAIError.classify(round).code).toBe('provider')
  })

  test('AI-69 AIT-81 an AggregateError has the code that all its members have', () => {
    const late = new DOMException('also too slow', 'TimeoutError')
    expect(CruxAIError.classify(new AggregateError([timeout, late])).code).toBe('timeout')
    expect(CruxAIError.classify(new AggregateError([timeout, guard])).code).toBe('provider')
    expect(CruxAIError.classify(new AggregateError([])).code).toBe('provider')
  })

  test('AI-69 AIT-81 what is classified stays as it is', () => {
    const classified = CruxAIError.classify(timeout)
    expect(CruxAIError.classify(classified)).toBe(classified)
  })
})

test('AI-68 every error here is a CruxError, for copies of the package too', () => {
  const errors = [validation, constraint, guard, cascade, dimension, new CruxAIError('usage', 'no')]
  expect(errors.map((error) => CruxError.is<string>(error) && error.code)).toEqual([
    'validation-exhausted',
    'constraint-violated',
    'guardrail-blocked',
    'cascade-exhausted',
    'embedding-dimension',
    'usage',
  ])
})

test('AI-34 AI-35 AI-44 what the model answered is there to be read, and is not printed', () => {
  expect(validation.lastRawOutput).toContain('4111')
  expect(validation.issues).toHaveLength(1)
  expect(constraint.lastOutput).toBe('secret answer')
  expect(cascade.lastResult).toEqual({ text: 'secret answer' })
  for (const error of [validation, constraint, cascade]) {
    expect(inspect(error) + JSON.stringify(error) + error.stack).not.toMatch(/4111|secret/)
  }
})
