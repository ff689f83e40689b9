import { CruxError } from '@crux/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deepFreeze, encodeJson, utf8Length } from '../../src/json/index.ts'

const options = { maxBytes: 1_000_000, name: 'plan "p"' }

function errorOf(value: unknown, maxBytes = options.maxBytes): CruxError {
  try {
    encodeJson(value, { ...options, maxBytes })
  } catch (error) {
    if (CruxError.is(error)) return error
  }
  throw new Error('expected a CruxError')
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value }
  return value
}

describe('what is JSON', () => {
  test('ENT-4 any JSON value comes back equal, from the text and as the copy', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 6 }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'))
        const { text, value: copy } = encodeJson(value, options)
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(copy).toEqual(JSON.parse(text))
      }),
    )
  })

  test('ENT-4 NUL, lone surrogates and -0 come back from the text as they are in the copy', () => {
    const { text, value } = encodeJson({ nul: '\0', half: '\ud800', zero: -0 }, options)
    expect(value).toStrictEqual(JSON.parse(text))
    expect(Object.is((value as { zero: number }).zero, 0)).toBe(true)
  })

  test('ENT-4 undefined in an object is left out', () => {
    const { text, value } = encodeJson({ a: undefined, b: { c: undefined, d: 1 } }, options)
    expect(text).toBe('{"b":{"d":1}}')
    expect(value).toStrictEqual({ b: { d: 1 } })
  })

  test('ENT-4 objects without a prototype, and of another realm, are plain', async () => {
    const { runInNewContext } = await import('node:vm')
    expect(encodeJson(Object.assign(Object.create(null), { a: 1 }), options).text).toBe('{"a":1}')
    expect(encodeJson(runInNewContext('({ a: [1, { b: 2 }] })'), options).text).toBe('{"a":[1,{"b":2}]}')
  })

  test('ENT-4 nesting goes to 100', () => {
    expect(encodeJson(nested(100), options).value).toEqual(nested(100))
    expect(errorOf(nested(101)).code).toBe('invalid-value')
  })
})

describe('what is not', () => {
  class Money {
    amount = 1
  }
  const cases: [string, unknown, string][] = [
    ['a date', { metadata: { when: new Date(0) } }, '$.metadata.when is a Date'],
    ['a class instance', { a: [new Money()] }, '$.a[0] is a Money'],
    ['a map', new Map(), '$ is a Map'],
    ['undefined in an array', { list: [1, undefined] }, '$.list[1] is undefined'],
    // oxlint-disable-next-line no-sparse-arrays
    ['a hole in an array', [1, , 2], '$[1] is undefined'],
    ['a function', { f: () => 1 }, '$.f is a function'],
    ['a toJSON', { toJSON: () => 1 }, '$.toJSON is a function'],
    ['a bigint', { n: 1n }, '$.n is a bigint'],
    ['a symbol', { s: Symbol('s') }, '$.s is a symbol'],
    ['a symbol as key', { [Symbol('s')]: 1 }, '$ has a symbol as key'],
    ['NaN', { n: Number.NaN }, '$.n is NaN'],
    ['Infinity', [Number.NEGATIVE_INFINITY], '$[0] is -Infinity'],
    ['__proto__', JSON.parse('{"a":{"__proto__":{"x":1}}}'), '$.a.__proto__ has a key'],
    ['constructor', { constructor: 1 }, '$.constructor has a key'],
    ['prototype', { 'a b': { prototype: {} } }, '$["a b"].prototype has a key'],
  ]

  test.each(cases)('ENT-4 %s is invalid-value with its path', (_, value, text) => {
    const error = errorOf(value)
    expect(error.code).toBe('invalid-value')
    expect(error.message).toContain(`plan "p": ${text}`)
  })

  test('ENT-4 a cycle ends as too deep', () => {
    const cycle: Record<string, unknown> = {}
    cycle['again'] = [cycle]
    expect(errorOf(cycle).message).toContain('nested more than 100 deep, or contains itself')
  })

  test('ENT-4 a value that doubles at each level ends soon', () => {
    let value: unknown = {}
    for (let level = 0; level < 90; level++) value = { a: value, b: value }
    expect(errorOf(value).code).toBe('too-large')
  })

  test('ENT-4 a getter cannot show one value to the check and another to the text', () => {
    let reads = 0
    const value = {
      get a() {
        return reads++ === 0 ? 1 : Number.NaN
      },
    }
    expect(encodeJson(value, options).text).toBe('{"a":1}')
    expect(reads).toBe(1)
  })

  test('REL-21 nothing reaches Object.prototype', () => {
    errorOf(JSON.parse('{"__proto__":{"polluted":true}}'))
    expect('polluted' in {}).toBe(false)
  })
})

describe('sizes', () => {
  test('ENT-4 the limit counts bytes of UTF-8, and equals fit', () => {
    // {"a":"éé"} is 8 bytes of ASCII and two of two bytes.
    expect(encodeJson({ a: 'éé' }, { ...options, maxBytes: 12 }).text).toBe('{"a":"éé"}')
    expect(errorOf({ a: 'éé' }, 11).code).toBe('too-large')
    expect(errorOf({ a: 'é'.repeat(1_000_000) }, 1_000_000).code).toBe('too-large')
  })

  test('ENT-4 utf8Length counts what an encoder writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(Buffer.byteLength(text))
      }),
    )
  })
})

describe('what is handed out', () => {
  test('ENT-4 the copy is frozen all the way down and shares nothing with what was given', () => {
    const given = { list: [{ a: 1 }], metadata: { b: { c: 1 } } }
    const value = encodeJson(given, options).value as typeof given
    expect(() => (value.metadata.b.c = 2)).toThrow(TypeError)
    expect(() => value.list.push({ a: 2 })).toThrow(TypeError)
    given.metadata.b.c = 3
    expect(value).toEqual({ list: [{ a: 1 }], metadata: { b: { c: 1 } } })
  })

  test('ENT-4 deepFreeze freezes in place', () => {
    const value = deepFreeze({ a: [{ b: null }] })
    expect(Object.isFrozen(value.a[0])).toBe(true)
  })
})
