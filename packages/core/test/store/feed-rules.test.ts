import type { CruxRecord } from '@crux/core'
import { examplePlan } from '@crux/core/testing'
import { describe, expect, test } from 'vitest'
import { cursorEpoch, parseCursor } from '../../src/store/cursor.ts'
import { feedStart, mergeLive } from '../../src/store/feed-rules.ts'

describe('cursors', () => {
  test('D3 a cursor is its epoch and position, and nothing else is one', () => {
    const epoch = cursorEpoch('0123456789abcdef', 'session:42:')
    expect(parseCursor(`${epoch}.57`)).toEqual({ epoch, seq: 57 })
    for (const text of [
      '',
      '.',
      epoch,
      `${epoch}.`,
      `.57`,
      `${epoch}.057`,
      `${epoch}.5.7`,
      `${epoch}.5\n`,
      `Ä.5`,
    ]) {
      expect(parseCursor(text)).toBeUndefined()
    }
  })

  test('STO-6 the epoch of a cursor depends on the store and on every character of the scope', () => {
    const scopes = ['', 'a:', 'b:', 'a:b:', 'ab:', 'A:', 'session:41:', 'session:42:', 'session:4:2:']
    const epochs = scopes.flatMap((scope) => [cursorEpoch('one', scope), cursorEpoch('two', scope)])
    expect(new Set(epochs).size).toBe(epochs.length)
    for (const epoch of epochs) expect(epoch).toMatch(/^[0-9a-z]{2,14}$/)
  })

  test('STO-6 100,000 scopes have 100,000 epochs', () => {
    const epochs = Array.from({ length: 100_000 }, (_, index) => cursorEpoch('one', `session:${index}:`))
    expect(new Set(epochs).size).toBe(100_000)
  })
})

describe('how a feed starts', () => {
  const head = { seq: 5_000, purged: 100 }
  const cases: [string, string | undefined, boolean, ReturnType<typeof feedStart>][] = [
    ['no cursor', undefined, false, { kind: 'snapshot' }],
    ['the head', 'e1.5000', false, { kind: 'resume', seq: 5_000 }],
    ['beyond the head', 'e1.5001', false, { kind: 'snapshot' }],
    ['what a purge forgot last', 'e1.100', true, { kind: 'resume', seq: 100 }],
    ['below what a purge forgot', 'e1.99', true, { kind: 'snapshot' }],
    ['another epoch', 'e2.5000', false, { kind: 'snapshot' }],
    ['no cursor at all', 'x', false, { kind: 'snapshot' }],
    ['1,000 behind', 'e1.4000', false, { kind: 'resume', seq: 4_000 }],
    ['1,001 behind, in a scope', 'e1.3999', false, { kind: 'scan', seq: 3_999 }],
    ['1,001 behind, in the whole store', 'e1.3999', true, { kind: 'resume', seq: 3_999 }],
  ]

  test.each(cases)('STO-6 STO-10 STO-11 %s', (_, after, isWholeStore, expected) => {
    expect(feedStart(after, 'e1', head, isWholeStore)).toEqual(expected)
  })
})

describe('merging what is live', () => {
  const record = (seq: number): CruxRecord => ({
    entity: 'plan',
    key: `p${seq}`,
    value: examplePlan(),
    event: 'created',
    revision: 1,
    seq,
  })
  const live = {
    from: 10,
    upTo: 14,
    batch: { changes: [record(11), record(12), record(14)], cursor: 'e1.14' },
  }

  test('STO-3 a batch that lies above is taken as it is', () => {
    expect(mergeLive(10, live)).toEqual({ position: 14, batch: live.batch })
    expect(mergeLive(10, live).batch).toBe(live.batch)
    expect(mergeLive(3, live)).toEqual({ position: 14, batch: live.batch })
  })

  test('STO-3 of a batch that was read in part, the rest is taken', () => {
    expect(mergeLive(12, live)).toEqual({ position: 14, batch: { changes: [record(14)], cursor: 'e1.14' } })
  })

  test('STO-3 what was read already is dropped, and the position never goes back', () => {
    expect(mergeLive(14, live)).toEqual({ position: 14, batch: undefined })
    expect(mergeLive(20, live)).toEqual({ position: 20, batch: undefined })
  })
})
