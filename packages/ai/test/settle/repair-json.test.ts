import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonCandidates } from '../../src/settle/repair-json.ts'

/** What the candidates give when the first that parses is taken. */
function repaired(text: string): unknown {
  for (const candidate of jsonCandidates(text)) {
    try {
      return JSON.parse(candidate)
    } catch {}
  }
  return 'nothing'
}

describe('AI-33 what is mended for free', () => {
  test.each<[name: string, text: string, value: unknown]>([
    ['nothing, where it is JSON', ' {"a": 1} ', { a: 1 }],
    ['a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
    ['a code fence', 'Sure:\n```json\n{"a": [1, 2]}\n```\nDone.', { a: [1, 2] }],
    ['a fence without a language, with CRLF', '```\r\n"text"\r\n```', 'text'],
    ['a fence that is indented', '1.\n  ```json\n  "text"\n  ```', 'text'],
    ['a sentence around it', 'The result is {"a": "} \\" ]"} as you wished.', { a: '} " ]' }],
    ['trailing commas', '{"a": [1, 2, ], "b": ",]",\n}', { a: [1, 2], b: ',]' }],
    ['trailing commas in a fence', '```json\n{"a": 1,}\n```', { a: 1 }],
    ['trailing commas in a sentence', 'Here: [1, 2,], that is all', [1, 2]],
  ])('AIT-20 %s', (_name, text, value) => {
    expect(repaired(text)).toEqual(value)
  })

  test.each([
    ['a truncated object', '{"a": 1, "b": [{"c": 1}, {"c"'],
    ['a truncated object in an open fence', '```json\n{"a": 1, "b": [{"c": 1}'],
    ['brackets that do not match', 'see {"a": [1}'],
    ['two commas', '[1,,]'],
    ['single quotes', "{'a': 1}"],
    ['nothing at all', ''],
  ])('AIT-20 %s stays what it is', (_name, text) => {
    expect(repaired(text)).toBe('nothing')
  })

  test('the text as it is comes first, and no text twice', () => {
    expect([...jsonCandidates('{"a":1}')]).toEqual(['{"a":1}'])
    expect([...jsonCandidates(' [1,] ')]).toEqual([' [1,] ', '[1,]', '[1]', ' [1] '])
  })
})

test('AI-33 any JSON comes back out of sentences and fences as it was', () => {
  const object = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  fc.assert(
    fc.property(object, fc.boolean(), (value, isPretty) => {
      const json = JSON.stringify(value, null, isPretty ? 2 : 0)
      const read = JSON.parse(json)
      expect(repaired(json)).toEqual(read)
      expect(repaired(`Here it is: ${json}. Enjoy!`)).toEqual(read)
      expect(repaired('Here it is:\n```json\n' + json + '\n```\n')).toEqual(read)
      expect(repaired(json.slice(0, -1) + (json.length > 2 ? ',' : '') + json.slice(-1))).toEqual(read)
    }),
  )
})

test('AI-33 what is cut off is never taken for the whole', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (value, cut) => {
      const json = JSON.stringify(value)
      expect(repaired(json.slice(0, 1 + (cut % (json.length - 1))))).toBe('nothing')
    }),
  )
})

test('AI-33 costs no more than the length, whatever the answer', () => {
  // Time of this process, whatever else the machine is busy with.
  const before = process.cpuUsage()
  for (const piece of ['```x\n', '{', '[1,', '"', ',}', '\\"{']) repaired(piece.repeat(100_000))
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000)
})
