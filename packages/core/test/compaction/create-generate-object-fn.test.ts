import { createGenerateObjectFnFromGenerate } from '@crux/core/compaction'
import { expect, test } from 'vitest'
import * as z from 'zod'

const summary = z.object({ topics: z.array(z.string()) })

test('AI-71 AIT-27 asks a whole generate by a plain definition, and gives back the object alone', async () => {
  const asked: unknown[] = []
  const generateObject = createGenerateObjectFnFromGenerate(async (prompt, options) => {
    asked.push([prompt, options])
    return { object: JSON.parse('{"topics":["tides"]}'), text: 'more', messages: [] }
  })
  const { signal } = new AbortController()
  const model = 'a model'

  const full = await generateObject({
    model,
    system: 'Be short.',
    prompt: 'Sum up.',
    schema: summary,
    abortSignal: signal,
  })
  await generateObject({ model, prompt: 'Sum up.', schema: summary })

  expect(full).toEqual({ object: { topics: ['tides'] } })
  expect(full.object.topics.length).toBe(1)
  expect(asked).toEqual([
    [
      { system: 'Be short.', prompt: 'Sum up.', output: summary },
      { model, abortSignal: signal },
    ],
    [{ prompt: 'Sum up.', output: summary }, { model }],
  ])
})

test('AI-71 errors of generate go on as they are', async () => {
  const failure = new Error('rate limited')
  const generateObject = createGenerateObjectFnFromGenerate(async () => {
    throw failure
  })
  await expect(generateObject({ model: 'm', prompt: 'p', schema: summary })).rejects.toBe(failure)
})
