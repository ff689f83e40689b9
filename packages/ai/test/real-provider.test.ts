import { openai } from '@ai-sdk/openai'
import {
  approvalMiddleware,
  cascade,
  constraint,
  embedding,
  fallback,
  generate,
  guardrail,
  prompt,
  router,
  stream,
} from '@crux/ai'
import { resolve } from '@crux/ai/agent'
import { appendToolApprovalResponse } from '@crux/core/tool-middleware'
import { ToolLoopAgent, tool } from 'ai'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const isWanted = process.env['CRUX_REAL_PROVIDER'] === '1' && Boolean(process.env['OPENAI_API_KEY'])
if (!isWanted) {
  console.info('No real provider is asked: set CRUX_REAL_PROVIDER=1 and OPENAI_API_KEY to ask one.')
}

const modelId = process.env['OPENAI_MODEL'] ?? 'gpt-5.4-mini'
const model = openai(modelId)
const broken = openai('no-such-model')
const question = prompt({ prompt: 'Answer with the one word: tides' })

describe.skipIf(!isWanted)('with a real provider', () => {
  test('generate gives text and what it used', async () => {
    const { text, _meta } = await generate(question, { model })
    expect(text.toLowerCase()).toContain('tides')
    expect(_meta.usage.totalTokens).toBeGreaterThan(0)
  })

  test('a schema gives an object', async () => {
    const output = z.object({ capital: z.string() })
    const { object } = await generate(prompt({ prompt: 'The capital of France?', output }), { model })
    expect(object.capital).toContain('Paris')
  })

  test('stream gives deltas and a completion', async () => {
    const { textStream, completion } = await stream(question, { model })
    let text = ''
    for await (const piece of textStream) text += piece
    expect((await completion).text).toBe(text)
  })

  test('a fallback goes on where a model does not exist', async () => {
    const first = fallback(broken, model, { shouldFallback: () => true })
    const { text, _meta } = await generate(question, { model: first })
    expect(text).not.toBe('')
    expect(_meta.fallback?.failedModels).toEqual(['no-such-model'])
  })

  test('a router and a cascade reach the model', async () => {
    const routed = router({
      classify: () => 'default',
      routes: { default: cascade({ tiers: [{ model, evaluate: () => false }, { model }] }) },
    })
    const { _meta } = await generate(question, { model: routed })
    expect(_meta.cascade?.acceptedAtTier).toBe(1)
  })

  test('guards rewrite and constraints look', async () => {
    const { text, _meta } = await generate(question, {
      model,
      guardrails: [
        guardrail({
          name: 'shout',
          phase: 'output',
          validate: (content) => ({ action: 'transform', content: content.toUpperCase() }),
        }),
      ],
      constraints: [
        constraint({
          name: 'any',
          check: ({ text: said }) => (said === '' ? { pass: false, feedback: 'Say it.' } : { pass: true }),
        }),
      ],
    })
    expect(text).toContain('TIDES')
    expect(_meta.constraints?.allPassed).toBe(true)
  })

  test('a tool that needs an approval waits for it, and runs once', async () => {
    const paid: number[] = []
    const pay = tool({
      description: 'Pays an amount',
      inputSchema: z.object({ cents: z.number() }),
      execute: ({ cents }) => {
        paid.push(cents)
        return 'Paid.'
      },
    })
    const payer = prompt({
      id: 'payer',
      tools: { pay },
      toolMiddleware: approvalMiddleware({ id: 'money', match: ['pay'] }),
      prompt: 'Pay 500 cents with the tool, then say that it is done.',
    })
    const { messages, pendingApprovals = [] } = await generate(payer, { model })
    expect([paid.length, pendingApprovals.length]).toEqual([0, 1])
    const [{ approvalId, approvalToken } = { approvalId: '', approvalToken: undefined }] = pendingApprovals
    const answer = { approvalId, approved: true, approvalToken }
    const done = await generate(payer, { model, messages: appendToolApprovalResponse(messages, answer) })
    expect(paid).toEqual([500])
    expect(done.text).not.toBe('')
  })

  test('an agent runs a prompt', async () => {
    const agent = new ToolLoopAgent(await resolve(prompt({ system: 'Answer with one word.' }), { model }))
    expect((await agent.generate({ prompt: 'What makes tides?' })).text).not.toBe('')
  })

  test('an embedding has its length', async () => {
    const docs = embedding({
      name: 'docs',
      model: openai.embedding('text-embedding-3-small'),
      dimensions: 1536,
      maxInputTokens: 8191,
    })
    expect((await docs.embed('tides')).embedding).toHaveLength(1536)
  })
})
