import { expect, test } from 'vitest'
import { readCitedRules, readStatedRules, testTitles } from './rule-numbers.ts'

const stated = readStatedRules()
const cited = readCitedRules()

test('every rule that a test cites is stated in docs/protocol', () => {
  const unknown = [...cited].filter(([rule]) => !stated.has(rule))
  expect(unknown.map(([rule, files]) => `${rule} is cited in ${[...files].join(', ')}`)).toEqual([])
})

test('every rule that docs/protocol states is cited by a test', () => {
  const untested = [...stated].filter(([rule]) => !cited.has(rule))
  expect(untested.map(([rule, file]) => `${rule} is stated in ${file}`)).toEqual([])
})

test('titles are read from plain, chained and table tests', () => {
  const code = [
    "test('A-1 plain', () => {})",
    "describe.skipIf(true)('A-2 chained', () => { it.each([1])(`A-3 ${'table'} of %i`, () => {}) })",
    "other('A-4 not a test')",
    "const cases = [{ title: 'A-5 a case', run: async () => {} }, { title: 'A-6 not a case' }]",
  ]
  const titles = ['A-1 plain', 'A-2 chained', 'A-3 … of %i', 'A-5 a case']
  expect(testTitles('probe.ts', code.join('\n'))).toEqual(titles)
})
