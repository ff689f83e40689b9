import { createCruxAi, reranker } from '@crux/ai'
import { scriptedGateway, scriptedRerankingModel } from '@crux/ai/testing'
import { expect, expectTypeOf, test } from 'vitest'

const reversed = () =>
  scriptedRerankingModel(({ documents }) =>
    documents.map((_, index) => ({ index: documents.length - 1 - index, score: 1 / (index + 1) })),
  )

test('AI-73 AIT-85 hits come back in their new order, as copies with the new score', async () => {
  const hits = [
    { id: 1, text: 'one', score: 0.1 },
    { id: 2, text: 'two', score: 0.2 },
  ]
  const before = structuredClone(hits)
  const ranked = await reranker({ name: 'best', model: reversed() }).rerank({ query: 'q', hits })
  expect(ranked).toEqual([
    { id: 2, text: 'two', score: 1 },
    { id: 1, text: 'one', score: 0.5 },
  ])
  expect(hits).toEqual(before)
  expectTypeOf(ranked[0]).toExtend<{ id: number; score: number } | undefined>()
})

test('AI-73 AIT-85 text hits become objects', async () => {
  const ranked = await reranker({ name: 'best', model: reversed(), topN: 1 }).rerank({
    query: 'q',
    hits: ['a', 'b'],
  })
  expect(ranked).toEqual([{ text: 'b', score: 1 }])
})

test('AI-73 the SDK gets what is its own, and a rank that names no hit is passed over', async () => {
  const gateway = scriptedGateway({
    rerank: {
      ranking: [
        { originalIndex: 7, score: 1, document: 'x' },
        { originalIndex: 0, score: 0.5, document: 'a' },
      ],
    } as never,
  })
  const { signal: abortSignal } = new AbortController()
  const best = createCruxAi({ gateway }).reranker({ name: 'best', model: 'm', topN: 2, maxRetries: 5 })
  expect(await best.rerank({ query: 'q', hits: ['a'], abortSignal })).toEqual([{ text: 'a', score: 0.5 }])
  expect(gateway.calls.rerank).toEqual([
    { model: 'm', query: 'q', documents: ['a'], topN: 2, maxRetries: 5, abortSignal },
  ])
})

test('AI-73 AIT-85 no hits, no call', async () => {
  const model = reversed()
  expect(await reranker({ name: 'best', model }).rerank({ query: 'q', hits: [] })).toEqual([])
  expect(model.calls).toEqual([])
})

test('AI-73 the model reads text, content, or what document() gives', async () => {
  const model = reversed()
  const read = async (hits: readonly unknown[]) => {
    await reranker({ name: 'best', model }).rerank({ query: 'q', hits })
    return model.calls.at(-1)?.documents.values
  }
  expect(await read([{ text: 't', content: 'c' }, { content: 'c' }, 's'])).toEqual(['t', 'c', 's'])
  const titled = reranker<{ title: string }>({ name: 'best', model, document: ({ title }) => title })
  await titled.rerank({ query: 'q', hits: [{ title: 'T' }] })
  expect(model.calls.at(-1)?.documents.values).toEqual(['T'])
})

test('AI-73 AI-101 AIT-13 a hit without text is refused before any call', async () => {
  const model = reversed()
  const asked = reranker({ name: 'best', model }).rerank({
    query: 'q',
    hits: ['a', 'b', 'c', { title: 'x' }],
  })
  await expect(asked).rejects.toThrow('reranker(): hit 3 has no text; pass document(hit)')
  expect(model.calls).toEqual([])
})

test.each([
  [{ name: '' }, 'name must not be empty'],
  [{ model: 4 }, 'model must be a RerankingModel, got 4'],
  [{ topN: 0 }, 'topN must be an integer >= 1, got 0'],
  [{ maxRetries: -1 }, 'maxRetries must be an integer >= 0, got -1'],
])('AI-101 AIT-13 reranker(%o) is refused', (wrong, message) => {
  expect(() => reranker({ name: 'best', model: reversed(), ...wrong } as never)).toThrow(
    `reranker(): ${message}`,
  )
})
