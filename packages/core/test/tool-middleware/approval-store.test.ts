import { memoryApprovalStore } from '@crux/core/tool-middleware'
import { describe, expect, test } from 'vitest'

describe('memoryApprovalStore', () => {
  test('AI-57 AI-63 lets each id pass once, until its time is over', () => {
    let time = 1000
    const store = memoryApprovalStore({ now: () => time })
    expect(store.consume('a', 2000)).toBe(true)
    expect(store.consume('b', 3000)).toBe(true)
    expect(store.consume('a', 2000)).toBe(false)
    time = 1999
    expect(store.consume('a', 2000)).toBe(false)
    time = 2000
    expect(store.consume('b', 3000)).toBe(false)
  })

  test('AI-57 says of an id whose time is over that it is used: it may have been, and is forgotten', () => {
    let time = 1000
    const store = memoryApprovalStore({ now: () => time })
    store.consume('a', 2000)
    time = 2000
    expect(store.consume('a', 2000)).toBe(false)
    expect(store.consume('never seen', 2000)).toBe(false)
  })

  test('AI-57 forgets only what is over, and all of it', () => {
    let time = 0
    const store = memoryApprovalStore({ now: () => time })
    // A used id with a later end passes once more only if it was forgotten.
    const isRemembered = (id: string) => store.consume(id, 10_000) === false
    store.consume('short', 15)
    store.consume('long', 20)
    time = 15
    expect([isRemembered('long'), isRemembered('short')]).toEqual([true, false])
  })
})
