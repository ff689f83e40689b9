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
const messagesWith = (data: unknown) => [
  { id: 'm1', role: 'assistant', parts: [{ type: 'data-crux', id: 'task:list-1/build', data }] },
]

// Each with the types of its own major, because that is what an app compiles against.
const dataSchemas = { crux: cruxDataPartSchema }
const validators: Record<string, (messages: unknown) => Promise<unknown>> = {
  'AI SDK 5': (messages) =>
    ai5.validateUIMessages<ai5.UIMessage<unknown, CruxDataParts>>({ messages, dataSchemas }),
  'AI SDK 6': (messages) =>
    ai6.validateUIMessages<ai6.UIMessage<unknown, CruxDataParts>>({ messages, dataSchemas }),
  'AI SDK 7': (messages) =>
    ai7.validateUIMessages<ai7.UIMessage<unknown, CruxDataParts>>({ messages, dataSchemas }),
}

describe.each(Object.entries(validators))('with %s', (_, validate) => {
  test('LIVE-2 the schema checks the data parts of messages', async () => {
    await expect(validate(messagesWith(part))).resolves.toEqual(messagesWith(part))
  })

  test('LIVE-2 a part of the wrong shape does not pass', async () => {
    await expect(validate(messagesWith({ ...part, value: { label: 7 } }))).rejects.toThrow(
      'is no data part of Crux',
    )
  })
})

test('LIVE-2 the schema is a Standard Schema', async () => {
  const { version, validate } = cruxDataPartSchema['~standard']
  expect(version).toBe(1)
  expect(await validate(part)).toEqual({ value: part })
  expect(await validate({ ...part, key: 7 })).toHaveProperty('issues')
})
