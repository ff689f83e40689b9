import { createCruxAi, EmbeddingDimensionError, embedding, type SdkGateway } from '@crux/ai'
import { scriptedEmbeddingModel } from '@crux/ai/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const lengths = (text: string) => [text.length, 0]

test('AI-72 AIT-83 vectors come in the order of the texts, whatever the batches', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (texts, maxSize, concurrency) => {
        const model = scriptedEmbeddingModel(lengths)
        const docs = embedding({
          name: 'docs',
          model,
          dimensions: 2,
          maxInputTokens: 10,
          batch: { maxSize, concurrency },
        })
        const { embeddings, usage } = await docs.embedMany(texts)
        expect(embeddings).toEqual(texts.map(lengths))
        expect(usage).toEqual({ tokens: texts.join('').length })
        expect(model.calls).toHaveLength(Math.ceil(texts.length / maxSize))
      },
    ),
  )
})

test('AI-72 AIT-83 at most `concurrency` batches are under way, of at most `maxSize` texts', async () => {
  let underWay = 0
  const seen: number[] = []
  const { embedding } = createCruxAi({
    gateway: {
      ...unused,
      embedMany: async ({ values }) => {
        seen.push(++underWay)
        await new Promise((resolve) => setTimeout(resolve, 5))
        underWay -= 1
        return { ...resultOf(values), values }
      },
    },
  })
  const docs = embedding({
    name: 'docs',
    model: 'm',
    dimensions: 2,
    maxInputTokens: 10,
    batch: { maxSize: 2, concurrency: 3 },
  })
  await docs.embedMany(Array.from({ length: 11 }, (_, index) => String(index)))
  expect(seen).toHaveLength(6)
  expect(Math.max(...seen)).toBe(3)
})

test('AI-72 AIT-83 by default a batch has 100 texts and they go one after the other', async () => {
  const model = scriptedEmbeddingModel(lengths)
  const docs = embedding({ name: 'docs', model, dimensions: 2, maxInputTokens: 10 })
  await docs.embedMany(Array.from({ length: 250 }, String))
  expect(model.calls.map(({ values }) => values.length)).toEqual([100, 100, 50])
})

test('AI-72 AIT-84 a vector of another length is an error with the index of its text', async () => {
  const model = scriptedEmbeddingModel((text) => (text === 'd' ? [1, 2, 3] : [1, 2]))
  const docs = embedding({ name: 'docs', model, dimensions: 2, maxInputTokens: 10, batch: { maxSize: 2 } })
  const failed = docs.embedMany(['a', 'b', 'c', 'd', 'e'])
  await expect(failed).rejects.toThrow(EmbeddingDimensionError)
  await expect(failed).rejects.toMatchObject({ embedding: 'docs', index: 3, expected: 2, actual: 3 })
  expect(model.calls).toHaveLength(2)
})

test('AI-72 AIT-84 with countTokens a text that is too long is refused by index before any call', async () => {
  const model = scriptedEmbeddingModel(lengths)
  const config = { name: 'docs', model, dimensions: 2, maxInputTokens: 3 }
  const counting = createCruxAi({ countTokens: (text) => text.length }).embedding(config)
  await expect(counting.embedMany(['abc', 'abcd'])).rejects.toMatchObject({
    code: 'usage',
    message: 'embedMany(): text 1 has 4 tokens, more than the 3 of "docs"; split it',
  })
  expect(model.calls).toHaveLength(0)
  await embedding(config).embedMany(['abcd'])
  expect(model.calls).toHaveLength(1)
})

test('AI-72 AI-99 the SDK is told how many requests may be under way, and gets what is its own', async () => {
  const calls: unknown[] = []
  const gateway = {
    ...unused,
    embedMany: async ({ abortSignal: _signal, ...options }: Parameters<SdkGateway['embedMany']>[0]) => {
      calls.push(options)
      return { ...resultOf(options.values), values: options.values }
    },
  }
  const { embedding } = createCruxAi({ gateway })
  const config = { name: 'docs', model: 'm', dimensions: 2, maxInputTokens: 3 }
  const own = { maxRetries: 5, headers: { a: 'b' }, providerOptions: { acme: { size: 2 } } }
  await embedding(config).embed('a')
  await embedding({ ...config, ...own, maxParallelCalls: 4 }).embed('a')
  expect(calls).toEqual([
    { model: 'm', values: ['a'], maxParallelCalls: 1 },
    { model: 'm', values: ['a'], maxParallelCalls: 4, ...own },
  ])
})

test('AI-72 usage that no batch reports stays unknown, and what some report is summed', async () => {
  const reports = [Number.NaN, Number.NaN, 3, Number.NaN]
  const gateway = {
    ...unused,
    embedMany: async ({ values }: Parameters<SdkGateway['embedMany']>[0]) => ({
      ...resultOf(values),
      values,
      usage: { tokens: reports.shift() ?? 0 },
    }),
  }
  const docs = createCruxAi({ gateway }).embedding({
    name: 'docs',
    model: 'm',
    dimensions: 2,
    maxInputTokens: 3,
    batch: { maxSize: 1 },
  })
  expect((await docs.embedMany(['a', 'b'])).usage).toEqual({ tokens: undefined })
  expect((await docs.embedMany(['a', 'b'])).usage).toEqual({ tokens: 3 })
})

test('AI-72 AIT-84 no texts, no call', async () => {
  const model = scriptedEmbeddingModel(lengths)
  const docs = embedding({ name: 'docs', model, dimensions: 2, maxInputTokens: 3 })
  expect(await docs.embedMany([])).toEqual({ embeddings: [], usage: { tokens: 0 } })
  expect(model.calls).toEqual([])
})

test('AI-72 one text gives one vector, and an abort ends the call with its reason', async () => {
  const docs = embedding({
    name: 'docs',
    model: scriptedEmbeddingModel(lengths),
    dimensions: 2,
    maxInputTokens: 3,
  })
  expect(await docs.embed('four')).toEqual({ embedding: [4, 0], usage: { tokens: 4 } })
  const left = new Error('left')
  await expect(docs.embed('x', { abortSignal: AbortSignal.abort(left) })).rejects.toBe(left)
})

test('AI-72 the first error ends the other batches', async () => {
  const broken = new Error('broken')
  const signals: (AbortSignal | undefined)[] = []
  const { embedding } = createCruxAi({
    gateway: {
      ...unused,
      embedMany: async ({ values, abortSignal }) => {
        signals.push(abortSignal)
        if (values[0] === 'a') throw broken
        return new Promise((_, reject) =>
          abortSignal?.addEventListener('abort', () => reject(abortSignal.reason)),
        )
      },
    },
  })
  const docs = embedding({
    name: 'docs',
    model: 'm',
    dimensions: 2,
    maxInputTokens: 10,
    batch: { maxSize: 1, concurrency: 2 },
  })
  await expect(docs.embedMany(['a', 'b', 'c'])).rejects.toBe(broken)
  expect(signals).toHaveLength(2)
  expect(signals[1]?.reason).toBe(broken)
})

test.each([
  [{ name: '' }, 'name must not be empty'],
  [{ model: undefined }, 'model must be an EmbeddingModel, got undefined'],
  [{ dimensions: 0 }, 'dimensions must be an integer >= 1, got 0'],
  [{ dimensions: undefined }, 'dimensions is missing'],
  [{ maxInputTokens: undefined }, 'maxInputTokens is missing'],
  [{ maxInputTokens: 1.5 }, 'maxInputTokens must be an integer >= 1, got 1.5'],
  [{ batch: { maxSize: 0 } }, 'batch.maxSize must be an integer >= 1, got 0'],
  [{ batch: { concurrency: 0 } }, 'batch.concurrency must be an integer >= 1, got 0'],
  [{ maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
  [{ maxParallelCalls: 0 }, 'maxParallelCalls must be an integer >= 1, got 0'],
])('AI-101 AIT-13 embedding(%o) is refused', (wrong, message) => {
  const config = {
    name: 'docs',
    model: scriptedEmbeddingModel(lengths),
    dimensions: 2,
    maxInputTokens: 3,
    ...wrong,
  }
  expect(() => embedding(config as never)).toThrow(`embedding(): ${message}`)
})

const unused = {
  generateText: () => Promise.reject(new Error('unused')),
  streamText: () => {
    throw new Error('unused')
  },
  rerank: () => Promise.reject(new Error('unused')),
}

function resultOf(values: readonly string[]) {
  return { embeddings: values.map(lengths), usage: { tokens: 1 }, warnings: [] }
}
