import { stripCruxParts } from '@crux/core/client'
import { expect, test } from 'vitest'
import { cruxPart, planPart, planSnapshot, planTask } from './stream-kit.ts'

const text = { type: 'text' as const, text: 'Hello' }
const stepStart = { type: 'step-start' as const }
const ours = cruxPart(planPart('p1'))

test('LIVE-30 parts of Crux are taken out before a model sees the messages, and nothing else', () => {
  const plan = planSnapshot('turn', 1, planTask('a'))
  const messages = [
    { id: '1', role: 'user', parts: [text] },
    { id: '2', role: 'assistant', parts: [stepStart, ours, text, plan] },
  ]
  const stripped = stripCruxParts(messages)
  expect(stripped).toEqual([messages[0], { id: '2', role: 'assistant', parts: [stepStart, text, plan] }])
  expect(stripped[0]).toBe(messages[0])
  expect(messages[1]?.parts).toHaveLength(4)
})

test('LIVE-30 an assistant message that held nothing else is left out', () => {
  expect(stripCruxParts([{ role: 'assistant', parts: [stepStart, ours] }])).toEqual([])
})
