import { CruxError } from '@crux/core'
import { describe, expect, test } from 'vitest'
import {
  newId,
  parseId,
  parseKey,
  parseScope,
  parseTaskKey,
  resolveKey,
  splitTaskKey,
  taskKey,
} from '../../src/ids/index.ts'

const long = 'x'.repeat(128)

function errorOf(call: () => unknown): CruxError {
  try {
    call()
  } catch (error) {
    if (CruxError.is(error)) return error
  }
  throw new Error('expected a CruxError')
}

describe('scopes', () => {
  test.each(['', 'a:', 'session:42:', 'A-Z_0.9~:', `${long}:`])('ENT-3 %j is a scope', (scope) => {
    expect(parseScope(scope)).toBe(scope)
  })

  test.each(['a', ':', 'a::', 'a:b', 'a b:', 'ä:', 'a/b:', `${long}x:`, `${`${long}:`.repeat(4)}a:`, 'a:\n'])(
    'ENT-3 %j is no scope, and the error names it',
    (scope) => {
      const error = errorOf(() => parseScope(scope))
      expect(error.code).toBe('invalid-id')
      expect(error.message).toContain(JSON.stringify(scope).slice(1, 60).replace(/"$/, ''))
    },
  )
})

describe('keys', () => {
  test('ENT-3 an id without a colon is relative to the scope', () => {
    expect(resolveKey('session:42:', 'p1')).toBe('session:42:p1')
    expect(resolveKey('', 'p1')).toBe('p1')
  })

  test('ENT-3 an id with a colon is absolute, and out-of-scope outside the scope', () => {
    expect(resolveKey('session:42:', 'session:42:p1')).toBe('session:42:p1')
    expect(resolveKey('session:42:', 'session:42:deeper:p1')).toBe('session:42:deeper:p1')
    const error = errorOf(() => resolveKey('session:42:', 'session:43:p1'))
    expect(error.code).toBe('out-of-scope')
    expect(error.message).toContain('session:43:p1')
  })

  test.each(['', ':', 'a:', 'a::b', 'a/b', 'a b', 'é', '%', 'x'.repeat(129), 'a\0', '../x'])(
    'ENT-3 %j is no id',
    (id) => {
      expect(errorOf(() => resolveKey('s:', id)).code).toBe('invalid-id')
    },
  )

  test('ENT-3 a key has at most 512 characters with its scope', () => {
    const scope = `${'x'.repeat(127)}:`.repeat(3)
    expect(resolveKey(scope, long)).toHaveLength(512)
    expect(errorOf(() => resolveKey(`${scope}y:`, long)).code).toBe('invalid-id')
  })

  test('ENT-3 what is no text is invalid-id, not a crash', () => {
    for (const id of [undefined, null, 7, {}, ['a']]) {
      // Callers in plain JavaScript do this.
      expect(errorOf(() => resolveKey('s:', id as string)).code).toBe('invalid-id')
      expect(errorOf(() => parseScope(id as string)).code).toBe('invalid-id')
      expect(errorOf(() => parseKey(id as string)).code).toBe('invalid-id')
    }
  })

  test('ENT-3 a task is named by its list and its local id', () => {
    expect(taskKey('s:list', 'build')).toBe('s:list/build')
    expect(splitTaskKey('s:list/build')).toEqual({ taskListId: 's:list', id: 'build' })
    expect(errorOf(() => taskKey('s:list', 'a/b')).code).toBe('invalid-id')
    expect(errorOf(() => taskKey('s:list', 'a:b')).code).toBe('invalid-id')
    expect(errorOf(() => taskKey('s:list/x', 'b')).code).toBe('invalid-id')
  })

  test('ENT-3 only a task has a slash in its key', () => {
    expect(parseTaskKey('s:list/build')).toBe('s:list/build')
    for (const key of ['s:list', 's:list/', '/build', 's:/build', 's:list/a:b', 's:list/a/b']) {
      expect(errorOf(() => parseTaskKey(key)).code).toBe('invalid-id')
    }
    expect(errorOf(() => parseKey('s:list/build')).code).toBe('invalid-id')
    expect(errorOf(() => parseId('s:list')).code).toBe('invalid-id')
  })

  test('ENT-3 a very long text is cut in the message', () => {
    expect(errorOf(() => parseKey('é'.repeat(10_000))).message.length).toBeLessThan(400)
  })
})

test('ENT-3 new ids are ids, and differ', () => {
  const ids = Array.from({ length: 1_000 }, newId)
  expect(ids.map(parseId)).toEqual(ids)
  expect(new Set(ids).size).toBe(1_000)
})
