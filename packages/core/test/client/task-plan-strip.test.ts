import { stripTaskPlanParts } from '@crux/core/client'
import { expect, test } from 'vitest'

const plan = { type: 'data-agent-task-plan' as const, id: 'p', data: { planId: 'p', version: 1, tasks: [] } }
const text = { type: 'text' as const, text: 'Hello' }
const stepStart = { type: 'step-start' as const }

test('INJ-75 the parts of a plan are taken out before a model sees the messages', () => {
  const messages = [
    { id: '1', role: 'user', parts: [text] },
    {
      id: '2',
      role: 'assistant',
      parts: [stepStart, plan, text, { ...plan, type: 'data-agent-task-update' }],
    },
  ]
  const stripped = stripTaskPlanParts(messages)
  expect(stripped).toEqual([messages[0], { id: '2', role: 'assistant', parts: [stepStart, text] }])
  expect(stripped[0]).toBe(messages[0])
  expect(messages[1]?.parts).toHaveLength(4)
})

test('INJ-75 an assistant message that held nothing else is left out', () => {
  const emptied = { role: 'assistant', parts: [stepStart, plan] }
  const alreadyEmpty = { role: 'assistant', parts: [stepStart] }
  expect(stripTaskPlanParts([emptied, alreadyEmpty])).toEqual([alreadyEmpty])
})
