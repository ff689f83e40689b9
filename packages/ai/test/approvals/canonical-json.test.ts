import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/approvals/canonical-json.ts'

const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 5 })

/** The same value with the keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)])
  return Object.fromEntries(entries.toReversed())
}

describe('AI-55 canonical JSON', () => {
  test('AI-55 is JSON of the value, whatever the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        const { text } = canonicalJson(value)
        expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalJson(reversed(value)).text).toBe(text)
        expect(canonicalJson(JSON.parse(JSON.stringify(value))).text).toBe(text)
      }),
    )
  })

  test('AI-55 two values have one text only if they are the same in JSON', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
        expect(canonicalJson(a).text === canonicalJson(b).text).toBe(isSame)
      }),
    )
  })

  test('AI-55 a value and what one leaf of it could be mistaken for differ', () => {
    const texts = [1, '1', [1], { 1: 1 }, [[1]], null, 'null', '', [], {}, [null], { '': null }, true, 'true']
    expect(new Set(texts.map((value) => canonicalJson(value).text)).size).toBe(texts.length)
  })

  test('AI-55 keys are sorted by their UTF-16 units, at every depth, also those an object cannot set', () => {
    const value = JSON.parse('{"b":{"z":1,"a":2},"a":[{"d":1,"c":2}],"__proto__":{"x":1},"10":1,"9":2}')
    expect(canonicalJson(value).text).toBe(
      '{"10":1,"9":2,"__proto__":{"x":1},"a":[{"c":2,"d":1}],"b":{"a":2,"z":1}}',
    )
    expect(canonicalJson({ '\u{1F600}': 1, '\uFFFD': 2 }).text).toBe('{"\u{1F600}":1,"\uFFFD":2}')
  })

  test('AI-55 half a character is not the replacement character', () => {
    expect(canonicalJson('\ud800').text).not.toBe(canonicalJson('\ufffd').text)
  })

  test('AI-54 minus zero is zero', () => {
    expect(canonicalJson({ sum: -0 }).text).toBe('{"sum":0}')
  })
})

class Money {
  readonly amount = 1
}

function holed(): number[] {
  const list = [1, 2, 3]
  Reflect.deleteProperty(list, 1)
  return list
}

const cyclic: Record<string, unknown> = {}
cyclic['self'] = [cyclic]

describe('AI-54 what would come back changed is no JSON', () => {
  test.each<[place: string, found: string, value: unknown]>([
    ['$', 'undefined', undefined],
    ['$.a', 'undefined', { a: undefined }],
    ['$.a[1]', 'undefined', { a: [1, undefined], b: Number.NaN }],
    ['$.when', 'Date', { when: new Date(0) }],
    ['$.m', 'Map', { m: new Map() }],
    ['$.money', 'Money', { money: new Money() }],
    ['$.big', 'bigint', { big: 1n }],
    ['$.f', 'function', { f: () => 1 }],
    ['$.s', 'symbol', { s: Symbol('s') }],
    ['$.n', 'NaN', { n: Number.NaN }],
    ['$.n', 'Infinity', { n: Infinity }],
    ['$.list', 'an array with holes or other keys', { list: holed() }],
    ['$.list', 'an array with holes or other keys', { list: Object.assign([1], { extra: 1 }) }],
    ['$', 'a symbol as key', { [Symbol('s')]: 1 }],
    ['$.self[0]', 'a cycle', cyclic],
    ['$.bytes', 'Uint8Array', { bytes: new Uint8Array(2) }],
    ['$.toJSON', 'function', { toJSON: () => 'other' }],
  ])('AI-54 %s: %s', (path, found, value) => {
    expect(canonicalJson(value)).toEqual({ text: undefined, path, found })
  })

  test('AI-54 an object without a prototype, and one value at two places, are JSON', () => {
    const shared = { a: 1 }
    expect(canonicalJson(Object.assign(Object.create(null), { x: shared, y: shared })).text).toBe(
      '{"x":{"a":1},"y":{"a":1}}',
    )
  })

  test('AI-54 what is too deep is refused instead of exhausting the stack', () => {
    const deep = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels))
    expect(canonicalJson(deep(1000)).text).toHaveLength(2000)
    expect(canonicalJson(deep(1001))).toMatchObject({ text: undefined, found: 'more than 1000 levels' })
    expect(canonicalJson(deep(5000)).text).toBeUndefined()
  })
})

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  const keys = Object.keys(value).toSorted()
  // As a list of pairs: numeric keys of an object have an order of their own.
  return { pairs: keys.map((key) => [key, sorted(Reflect.get(value, key))]) }
}
