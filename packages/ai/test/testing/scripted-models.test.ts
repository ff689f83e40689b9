import { createCruxAi, prompt } from '@crux/ai'
import {
  scriptedEmbeddingModel,
  scriptedGateway,
  scriptedModel,
  scriptedRerankingModel,
} from '@crux/ai/testing'
import {
  embedMany,
  generateText,
  isStepCount,
  rerank,
  streamText,
  tool,
  type TextStreamPart,
  type ToolSet,
} from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

const search = tool({ inputSchema: z.object({ query: z.string() }), execute: () => 'found' })

async function partsOf(result: { readonly stream: AsyncIterable<TextStreamPart<ToolSet>> }) {
  const parts: TextStreamPart<ToolSet>[] = []
  for await (const part of result.stream) parts.push(part)
  return parts
}

describe('scriptedModel', () => {
  test('AI-75 answers step by step, in both kinds of calls, and records what was asked', async () => {
    const steps = [{ tools: [{ name: 'search', input: { query: 'tides' } }] }, { chunks: ['The ', 'moon.'] }]
    const whole = scriptedModel(steps)
    const asked = { tools: { search }, prompt: 'Why tides?', stopWhen: isStepCount(3) }
    expect((await generateText({ ...asked, model: whole })).text).toBe('The moon.')
    const streamed = scriptedModel(steps, { id: 'streamed' })
    const parts = await partsOf(streamText({ ...asked, model: streamed }))

    expect(parts.flatMap((part) => (part.type === 'text-delta' ? [part.text] : []))).toEqual([
      'The ',
      'moon.',
    ])
    expect(streamed.calls.map(({ prompt: turns }) => turns.length)).toEqual([1, 3])
    expect(whole.calls.map(({ prompt: turns }) => turns)).toEqual(
      streamed.calls.map(({ prompt: turns }) => turns),
    )
    expect([whole.modelId, streamed.modelId]).toEqual(['scripted', 'streamed'])

    const twice = scriptedModel([steps[0] ?? '', steps[0] ?? '', 'done'])
    const { steps: ran } = await generateText({ ...asked, model: twice })
    const ids = ran.flatMap(({ toolCalls }) => toolCalls.map(({ toolCallId }) => toolCallId))
    expect(ids).toEqual(['call-1-0', 'call-2-0'])
  })

  test('AI-75 a step says text, an object, a reason to finish, tokens, metadata', async () => {
    const model = scriptedModel([
      {
        object: { title: 'Tides' },
        finishReason: 'length',
        usage: { inputTokens: 3, outputTokens: 4 },
        providerMetadata: { gateway: { cost: '0.1' } },
      },
    ])
    const { text, finishReason, usage, providerMetadata } = await generateText({ model, prompt: 'hi' })
    expect([text, finishReason]).toEqual(['{"title":"Tides"}', 'length'])
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 4 })
    expect(providerMetadata).toEqual({ gateway: { cost: '0.1' } })
  })

  test('AI-75 AIT-87 beyond the last step it fails and names the step', async () => {
    const model = scriptedModel(['one'], { id: 'short' })
    await generateText({ model, prompt: 'hi' })
    await expect(generateText({ model, prompt: 'hi', maxRetries: 0 })).rejects.toThrow(
      'scriptedModel "short" has 1 steps and was called a 2. time',
    )
  })

  test('AI-75 AIT-87 a step that hangs never settles, not on an abort either', async () => {
    for (const hang of [{ hang: true }, { text: 'a', hang: true }]) {
      const model = scriptedModel([hang])
      const abort = new AbortController()
      const outcome = vi.fn<() => void>()
      void model.doGenerate({ prompt: [], abortSignal: abort.signal }).then(outcome, outcome)
      abort.abort()
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(outcome).not.toHaveBeenCalled()
    }
  })

  test('AI-75 AIT-87 a step with text sends it before it hangs or fails', async () => {
    const broken = new Error('broken')
    const { stream: fails } = await scriptedModel([{ text: 'a', error: broken }]).doStream({ prompt: [] })
    const types: string[] = []
    for await (const part of fails) types.push(part.type === 'error' ? String(part.error) : part.type)
    expect(types.slice(-4)).toEqual(['text-start', 'text-delta', 'text-end', 'Error: broken'])

    const { stream: hangs } = await scriptedModel([{ text: 'a', hang: true }]).doStream({ prompt: [] })
    const reader = hangs.getReader()
    for (let count = 0; count < 5; count++) await reader.read()
    const next = await Promise.race([
      reader.read(),
      new Promise((resolve) => setTimeout(resolve, 10, 'waiting')),
    ])
    expect(next).toBe('waiting')
  })

  test('AI-75 AIT-87 a delay is waited for, and an abort ends it with its reason', async () => {
    vi.useFakeTimers()
    try {
      const model = scriptedModel([{ text: 'late', delayMs: 1_000 }, { delayMs: 1_000 }])
      const answer = vi.fn<() => void>()
      void model.doGenerate({ prompt: [] }).then(answer)
      await vi.advanceTimersByTimeAsync(999)
      expect(answer).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(1)
      expect(answer).toHaveBeenCalledOnce()

      const abort = new AbortController()
      const left = new Error('left')
      const aborted = model.doGenerate({ prompt: [], abortSignal: abort.signal })
      abort.abort(left)
      await expect(aborted).rejects.toBe(left)
      const early = scriptedModel([{ delayMs: 1_000 }]).doGenerate({ prompt: [], abortSignal: abort.signal })
      await expect(early).rejects.toBe(left)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})

test('AI-75 scripted embeddings and rankings come from functions and record what was asked', async () => {
  const model = scriptedEmbeddingModel((text) => [text.length])
  expect((await embedMany({ model, values: ['a', 'bc'] })).embeddings).toEqual([[1], [2]])
  expect(model.calls[0]?.values).toEqual(['a', 'bc'])

  const ranking = scriptedRerankingModel(({ query, documents }) => [
    { index: documents.indexOf(query), score: 1 },
    { index: 0, score: 0.1 },
  ])
  const ranked = await rerank({ model: ranking, query: 'b', documents: ['a', 'b'], topN: 1 })
  expect(ranked.rerankedDocuments).toEqual(['b'])
  expect(ranking.calls[0]?.query).toBe('b')
})

test('AI-75 a scripted gateway records arguments, gives what it is told, and says what it has not', async () => {
  const model = scriptedModel(['from the model'])
  const gateway = scriptedGateway({ generateText: (options) => generateText({ ...options, model }) })
  const { generate, stream } = createCruxAi({ gateway })
  const { text } = await generate(prompt({ id: 'p', prompt: 'hi' }), {
    model: 'provider/model',
    temperature: 0.5,
  })
  expect(text).toBe('from the model')
  expect(gateway.calls.generateText).toHaveLength(1)
  expect(gateway.calls.generateText[0]).toMatchObject({ model: 'provider/model', temperature: 0.5 })

  await expect(stream(prompt({ prompt: 'hi' }), { model })).rejects.toThrow(
    'scriptedGateway has no handler for streamText',
  )
})
