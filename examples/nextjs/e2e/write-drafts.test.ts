import { readStream } from '@crux/core/structured'
import { collectBufferedStream } from '@crux/server'
import { expect, test } from 'vitest'

Object.assign(process.env, { DEMO_PACE: '0.005', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' })
const { scriptedModel } = await import('../agent/scripted-model.ts')
const { writeDrafts } = await import('../agent/write-drafts.ts')
const { POST } = await import('../app/api/drafts/route.ts')

const kinds = ['email', 'list'] as const

test('the model writes an email and a list, both in one turn', async () => {
  const { structured, error } = await collectBufferedStream(({ signal }) =>
    writeDrafts({ topic: 'Bread', kinds, breaks: false }, scriptedModel(), signal),
  )
  expect(error).toBeNull()
  expect(structured).toMatchObject({
    email: { status: 'done', data: { subject: 'Bread: are you in?' } },
    list: { status: 'done', data: { title: 'Before we can go' } },
  })
})

test('a model that breaks off spoils one of them and not the other', async () => {
  const { structured } = await collectBufferedStream(({ signal }) =>
    writeDrafts({ topic: 'Bread', kinds, breaks: true }, scriptedModel(), signal),
  )
  expect(structured).toMatchObject({
    email: { status: 'done' },
    list: { status: 'error', error: { code: 'producer-failed' }, data: { title: 'Before we can go' } },
  })
  expect(JSON.stringify(structured)).not.toContain('provider')
})

function ask(body: unknown): Promise<Response> {
  return POST(
    new Request('http://localhost/api/drafts', { method: 'POST', body: JSON.stringify(body) ?? '' }),
  )
}

test('the route streams what it is asked for, each kind once', async () => {
  const { body } = await ask({ topic: ' Bread ', kinds: ['list', 'list'] })
  const all = await collectBufferedStream(readStream(body))
  expect(Object.keys(all.structured)).toEqual(['list'])
  expect(all.structured['list']).toMatchObject({ status: 'done', data: { items: { length: 6 } } })
  expect(all.chunks.at(-1)).toEqual({ type: 'done' })
})

test.each([
  [undefined],
  [{}],
  [{ topic: ' ', kinds: ['email'] }],
  [{ topic: 'x'.repeat(201), kinds: ['email'] }],
  [{ topic: 'x', kinds: [] }],
  [{ topic: 'x', kinds: ['poem'] }],
])('the route refuses %j', async (body) => {
  const answer = await ask(body)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toEqual({ error: expect.any(String) })
})
