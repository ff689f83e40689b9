import { GuardrailBlockedError, guardrail, type Guardrail } from '@crux/ai'
import type { ModelMessage } from 'ai'
import { describe, expect, test, vi } from 'vitest'
import { startGuards } from '../../src/safety/guard-session.ts'

const inputGuard = (validate: NonNullable<Guardrail['validate']>, name = 'guard') =>
  guardrail({ name, phase: 'input', validate })

const mask = inputGuard((text) =>
  text.includes('secret')
    ? { action: 'redact', content: text.replaceAll('secret', '[x]'), reason: 'a secret' }
    : { action: 'pass' },
)

async function check(messages: ModelMessage[], ...guards: Guardrail[]) {
  const session = startGuards(guards, { promptId: 'p' })
  return { messages: await session?.checkInput(messages), entries: session?.entries() }
}

describe('AI-46 AIT-52 input guards', () => {
  test('look at user turns behind the last assistant turn, and at no other', async () => {
    const messages: ModelMessage[] = [
      { role: 'user', content: 'old secret' },
      { role: 'assistant', content: 'a secret of mine' },
      { role: 'tool', content: [] },
      { role: 'user', content: 'new secret' },
      { role: 'user', content: 'nothing here' },
    ]
    const before = structuredClone(messages)
    const { messages: checked } = await check(messages, mask)
    expect(checked).toEqual([...before.slice(0, 3), { role: 'user', content: 'new [x]' }, before[4]])
    expect(messages).toEqual(before)
  })

  test('look at all user turns where there is no assistant turn', async () => {
    const { messages } = await check(
      [
        { role: 'user', content: 'secret one' },
        { role: 'user', content: 'secret two' },
      ],
      mask,
    )
    expect(messages?.map(({ content }) => content)).toEqual(['[x] one', '[x] two'])
  })

  test('see text parts joined by a newline; a rewrite stands in the first and removes the others', async () => {
    const validate = vi.fn<NonNullable<Guardrail['validate']>>(() => ({
      action: 'transform',
      content: 'rewritten',
    }))
    const image = { type: 'file', data: 'aGk=', mediaType: 'image/png' } as const
    const cached = { anthropic: { cacheControl: { type: 'ephemeral' } } }
    const { messages } = await check(
      [
        {
          role: 'user',
          content: [
            image,
            { type: 'text', text: 'one', providerOptions: cached },
            { type: 'text', text: 'two' },
            image,
          ],
        },
      ],
      inputGuard(validate),
    )
    expect(validate.mock.calls).toEqual([
      ['one\ntwo', { promptId: 'p', phase: 'input', step: 0, last: true }],
    ])
    expect(messages).toEqual([
      {
        role: 'user',
        content: [image, { type: 'text', text: 'rewritten', providerOptions: cached }, image],
      },
    ])
  })

  test('leave the parts as they are when nothing is rewritten', async () => {
    const content = [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ] as const
    const { messages } = await check([{ role: 'user', content: [...content] }], mask)
    expect(messages).toEqual([{ role: 'user', content }])
  })

  test('are not asked about a turn without text', async () => {
    const validate = vi.fn<NonNullable<Guardrail['validate']>>(() => ({ action: 'block', reason: 'no' }))
    await check(
      [{ role: 'user', content: [{ type: 'file', data: 'aGk=', mediaType: 'image/png' }] }],
      inputGuard(validate),
    )
    expect(validate).not.toHaveBeenCalled()
  })

  test('AI-45 AIT-55 a later guard sees what an earlier one has made of it', async () => {
    const seen: string[] = []
    const watch = inputGuard((text) => {
      seen.push(text)
      return { action: 'warn', reason: 'seen' }
    }, 'watch')
    const { entries, messages } = await check([{ role: 'user', content: 'my secret' }], mask, watch)
    expect(seen).toEqual(['my [x]'])
    expect(messages).toEqual([{ role: 'user', content: 'my [x]' }])
    expect(entries).toEqual([
      { name: 'guard', phase: 'input', action: 'redact', reason: 'a secret' },
      { name: 'watch', phase: 'input', action: 'warn', reason: 'seen' },
    ])
  })

  test('AI-49 one entry per guard and action, however many turns, and a pass is none', async () => {
    const { entries } = await check(
      [
        { role: 'user', content: 'secret one' },
        { role: 'user', content: 'secret two' },
        { role: 'user', content: 'nothing' },
      ],
      mask,
    )
    expect(entries).toHaveLength(1)
  })

  test('AI-49 of equal actions the first one is kept', async () => {
    const warn = inputGuard((text) => ({ action: 'warn', reason: `${text.length} characters` }))
    const { entries } = await check(
      [
        { role: 'user', content: 'one' },
        { role: 'user', content: 'three' },
      ],
      warn,
    )
    expect(entries).toEqual([{ name: 'guard', phase: 'input', action: 'warn', reason: '3 characters' }])
  })

  test('AIT-54 a block throws with phase, name and reason', async () => {
    const guard = inputGuard(() => ({ action: 'block', reason: 'off topic' }), 'topic')
    const session = startGuards([guard])
    const checking = session?.checkInput([{ role: 'user', content: 'hello' }])
    await expect(checking).rejects.toThrow(GuardrailBlockedError)
    await expect(checking).rejects.toMatchObject({ phase: 'input', guardrail: 'topic', reason: 'off topic' })
    expect(session?.entries()).toEqual([
      { name: 'topic', phase: 'input', action: 'block', reason: 'off topic' },
    ])
  })

  test.each([
    ['nothing', undefined],
    ['a word', 'pass'],
    ['no action', {}],
    ['an unknown action', { action: 'allow' }],
    ['a warning without a reason', { action: 'warn' }],
    ['a block without a reason', { action: 'block' }],
    ['a rewrite without content', { action: 'redact' }],
    ['a rewrite to no text', { action: 'transform', content: 7 }],
    ['a reason that is no text', { action: 'redact', content: '', reason: 7 }],
    ['to hold, which only onChunk can', { action: 'hold' }],
  ])('AI-45 AIT-55 a malformed result blocks: %s', async (_title, result) => {
    const checking = check(
      [{ role: 'user', content: 'hello' }],
      inputGuard(() => result as never),
    )
    await expect(checking).rejects.toMatchObject({ reason: 'malformed guard result' })
  })

  test('a guard that throws fails the call with that error', async () => {
    const error = new Error('moderation is down')
    await expect(
      check(
        [{ role: 'user', content: 'hello' }],
        inputGuard(() => Promise.reject(error)),
      ),
    ).rejects.toBe(error)
  })
})

test('AI-49 AIT-51 without guards there is no session', () => {
  expect(startGuards([])).toBeUndefined()
})
