import { formatPath, parsePath, StructuredStreamError } from '@crux/core/structured'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const runs = Number(process.env['CRUX_RUNS'] ?? 1000)

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (StructuredStreamError.is(error)) return error.code
    throw error
  }
  return 'nothing was thrown'
}

test.each([
  ['subject', ['subject']],
  ['sections.0.body', ['sections', 0, 'body']],
  ['0', [0]],
  ['-1', ['-1']],
  ['1e3', ['1e3']],
  ['1.5', [1, 5]],
  ['a*', ['a*']],
  ['*', ['*']],
  ['ä.😀', ['ä', '😀']],
])('STR-1 %s means the same whatever the data is', (path, segments) => {
  expect(parsePath(path)).toEqual(segments)
})

test.each([
  ['files.src/app\\.ts', ['files', 'src/app.ts']],
  ['byId.\\42.name', ['byId', '42', 'name']],
  ['byId.4\\2.name', ['byId', '42', 'name']],
  ['a\\\\b', ['a\\b']],
  ['\\*', ['*']],
  ['\\.', ['.']],
])('STR-2 in %s a backslash makes a key', (path, segments) => {
  expect(parsePath(path)).toEqual(segments)
})

test.each(['', '.', 'a.', '.a', 'a..b', 'a\\', '00', '01', 'a.007', '9007199254740993', '1'.repeat(400)])(
  'STR-3 %j is malformed',
  (path) => {
    expect(codeOf(() => parsePath(path))).toBe('malformed-path')
  },
)

test.each(['__proto__', 'a.constructor', 'prototype.a', '\\__proto__', 'a.__pro\\to__', 'constructo\\r'])(
  'STR-4 %s is forbidden',
  (path) => {
    expect(codeOf(() => parsePath(path))).toBe('forbidden-key')
  },
)

test('STR-5 only what needs it is escaped', () => {
  expect(formatPath(['a b', 0, '42', '4x', '*', 'a*', 'x.y', 'b\\c'])).toBe(
    'a b.0.\\42.4x.\\*.a*.x\\.y.b\\\\c',
  )
})

test.each([[[]], [['']], [['a', '']], [[-1]], [[1.5]], [[2 ** 53]]])('STR-5 %j has no path', (segments) => {
  expect(codeOf(() => formatPath(segments))).toBe('malformed-path')
})

test.each(['__proto__', 'constructor', 'prototype'])('STR-4 the key %s has no path', (key) => {
  expect(codeOf(() => formatPath(['a', key]))).toBe('forbidden-key')
})

test('STR-5 a formatted path is parsed into the same segments', () => {
  const key = fc
    .oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9.\\*]+$/))
    .filter((text) => text !== '' && !['__proto__', 'constructor', 'prototype'].includes(text))
  fc.assert(
    fc.property(fc.array(fc.oneof(key, fc.maxSafeNat()), { minLength: 1 }), (segments) => {
      expect(parsePath(formatPath(segments))).toEqual(segments)
    }),
  )
})

test('REL-20 a path of any text is segments or a typed error', { timeout: 60_000 + runs * 20 }, () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a0-9.\\*]*$/)), (path) => {
      const code = codeOf(() => formatPath(parsePath(path)))
      expect(['malformed-path', 'forbidden-key', 'nothing was thrown']).toContain(code)
    }),
    { numRuns: runs },
  )
})
