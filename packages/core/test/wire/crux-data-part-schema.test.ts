import { cruxDataPartSchema, type CruxDataPart, type CruxDataParts } from '@crux/core'
import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import * as ai6 from 'ai-v6'
import { describe, expect, test } from 'vitest'

const part: CruxDataPart = {
  entity: 'task',
  key: 'list-1/build',
  value: { id: 'build', taskListId: 'list-1', label: 'Build', status: 'pending', position: 1 },
  event: 'added',
  revision: 3,
}

describe.each([
  ['5', ai5],
  ['6', ai6],
  ['7', ai7],
])('with AI SDK %s', (_, ai) => {
  const messageWith = (data: unknown) => [
    {
      id: 'm1',
      role: 'assistant' as const,
      parts: [{ type: 'data-crux' as const, id: 'task:list-1/build', data }],
    },
  ]

  test('LIVE-2 the schema checks the data parts of messages', async () => {
    const messages = messageWith(part)
    await expect(
      ai.validateUIMessages<ai7.UIMessage<unknown, CruxDataParts>>({
        messages,
        dataSchemas: { crux: cruxDataPartSchema },
      }),
    ).resolves.toEqual(messages)
  })

  test('LIVE-2 a part of the wrong shape does not pass', async () => {
    await expect(
      ai.validateUIMessages<ai7.UIMessage<unknown, CruxDataParts>>({
        messages: messageWith({ ...part, value: { label: 7 } }),
        dataSchemas: { crux: cruxDataPartSchema },
      }),
    ).rejects.toThrow('is no data part of Crux')
  })
})
