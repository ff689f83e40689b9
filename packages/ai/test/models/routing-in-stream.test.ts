import { fallback, prompt, router, stream } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { APICallError } from 'ai'
import { expect, test } from 'vitest'

const down = () =>
  new APICallError({ message: 'down', url: 'https://model.test', requestBodyValues: {}, statusCode: 503 })

const go = prompt({ prompt: 'go' })

async function read(texts: AsyncIterable<string>) {
  const seen: string[] = []
  for await (const text of texts) seen.push(text)
  return seen
}

test('AI-40 AI-41 AIT-43 AIT-46 a rejection moves on, and completion tells so', async () => {
  const model = fallback(
    scriptedModel([{ error: down() }], { id: 'a' }),
    scriptedModel([{ chunks: ['from ', 'b'] }], { id: 'b' }),
  )
  const { textStream, completion } = await stream(go, { model })
  expect(await read(textStream)).toEqual(['from ', 'b'])
  expect(await completion).toMatchObject({
    modelId: 'b',
    fallback: {
      attempts: 2,
      failedModels: ['a'],
      details: [{ category: 'server_error' }, { status: 'served' }],
    },
  })
})

test('AI-40 AIT-43 after the first content the error is that of the stream', async () => {
  const error = down()
  const b = scriptedModel(['from b'], { id: 'b' })
  const model = fallback(scriptedModel([{ chunks: ['from '], error }], { id: 'a' }), b)
  const { textStream, completion } = await stream(go, { model })
  await expect(read(textStream)).rejects.toBe(error)
  await expect(completion).rejects.toBe(error)
  expect(b.calls).toHaveLength(0)
})

test('AI-40 AIT-39 all fail: the AggregateError is that of the stream', async () => {
  const model = fallback(scriptedModel([{ error: down() }]), scriptedModel([{ error: down() }]))
  const { completion } = await stream(go, { model })
  await expect(completion).rejects.toMatchObject({ message: 'All 2 fallback models failed' })
})

test('AI-43 AIT-47 a router is followed, and completion has its meta', async () => {
  const model = router({
    classify: () => 'large',
    routes: { default: scriptedModel([]), large: scriptedModel(['from large'], { id: 'large' }) },
  })
  const { completion } = await stream(go, { model })
  expect(await completion).toMatchObject({
    text: 'from large',
    router: { classifiedAs: 'large', selectedModel: 'large' },
  })
})
