import { readTaskPlan, stripTaskPlanParts } from '@crux/core/client'
import { injectTaskPlanIntoStream, type TaskPlanOptions } from '@crux/server/task-plan'
import type { UIMessage } from 'ai'
import { describe, expect, test } from 'vitest'
import { bodyOf, cut, eventStream } from './bodies.ts'
import { fixtures, type Fixture } from './fixtures.ts'
import { chatOver } from './headless-chat.ts'
import { clientReleases, releases, type Release } from './releases.ts'
import {
  announce,
  finish,
  finishStep,
  inputAvailable,
  output,
  start,
  startStep,
  textStart,
} from './run-reducer.ts'
import { streamOf } from './streams.ts'

const responseOf = ({ bytes, readSizes, readError, headers }: Fixture) =>
  new Response(
    streamOf(cut(bytes, readSizes), readError === undefined ? undefined : { reason: new Error(readError) }),
    { headers },
  )
const isOurs = ({ type }: { readonly type: string }) => type.startsWith('data-agent-task-')

/** Messages without our parts, and without the `step-start` that a late part may bring up at the end. */
function withoutOurs(messages: readonly UIMessage[]): unknown {
  return messages.map((message) => {
    const parts = message.parts.filter((part) => !isOurs(part))
    const isLate = message.parts.some(isOurs) && parts.at(-1)?.type === 'step-start'
    return { ...message, parts: isLate ? parts.slice(0, -1) : parts }
  })
}

/** The answer to a message of the user, or the continuation of a message whose tool waits for an approval. */
function messagesBefore({ number }: Fixture): UIMessage[] | undefined {
  const approved = { '41': false, '42': true, '43': true }[number]
  if (approved === undefined) return undefined
  const call = {
    type: 'tool-deleteFile',
    toolCallId: 'call-1',
    state: 'approval-responded',
    input: { path: '/' },
  }
  return [
    { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Delete it' }] },
    {
      id: 'msg-1',
      role: 'assistant',
      parts: [{ type: 'step-start' }, { ...call, approval: { id: 'id-1', approved } }],
    },
  ] as UIMessage[]
}

/** How many assistant messages without content a model would be sent; or why nothing can be sent. */
async function emptyAssistants({ ai }: Release, messages: UIMessage[]): Promise<number | string> {
  try {
    const converted = await ai.convertToModelMessages(messages)
    return converted.filter(({ role, content }) => role === 'assistant' && content.length === 0).length
  } catch (error) {
    // 5.0.0 refuses messages with open tools, whatever else is in them.
    return String(error)
  }
}

describe('INJ-A2 SDK-1 a client of any release ends as it would without a plan, and has the plan besides', () => {
  for (const release of clientReleases) {
    test.each(fixtures.map((each) => [each.name, each] as const))(
      `${release.name} reads %s`,
      async (_, recorded) => {
        const before = messagesBefore(recorded)
        const chat = before ? { messages: before, isRetry: true } : {}
        const plain = await chatOver(release, () => responseOf(recorded), chat)
        const options: TaskPlanOptions = { planId: 'p', ...(before && { initialMessages: before }) }
        const injected = await chatOver(
          release,
          () => injectTaskPlanIntoStream(responseOf(recorded), options),
          chat,
        )

        expect([injected.status, injected.error]).toEqual([plain.status, plain.error])
        expect(withoutOurs(injected.messages)).toEqual(withoutOurs(plain.messages))
        const parts = injected.messages.flatMap((message) => message.parts)
        const keys = parts.filter(isOurs).map((part) => `${part.type} ${(part as { id?: string }).id}`)
        expect(keys).toHaveLength(new Set(keys).size)
        const running = readTaskPlan(parts)?.tasks.filter(({ state }) => state === 'running') ?? []
        expect(plain.status === 'error' ? [] : running).toEqual([])

        const empty = await emptyAssistants(release, plain.messages)
        expect(await emptyAssistants(release, injected.messages)).toBe(empty)
        expect(await emptyAssistants(release, stripTaskPlanParts(injected.messages))).toBe(empty)
      },
    )
  }
})

describe('INJ-A5 no empty assistant message at the next request', () => {
  const meta = [announce('m', { label: 'One', toolName: 'search' }), output('m', { ok: true }), finishStep]
  const call = [startStep, inputAvailable('a'), output('a'), finishStep]
  const text = [
    startStep,
    textStart,
    { type: 'text-delta', id: 't', delta: 'Hi' },
    { type: 'text-end', id: 't' },
    finishStep,
  ]
  const bodies = {
    'only the plan tool in the first step': [
      start,
      startStep,
      ...meta,
      ...call,
      ...text,
      finish('stop'),
      '[DONE]',
    ],
    'an abort at the start of a later step': [
      start,
      startStep,
      inputAvailable('a'),
      inputAvailable('b'),
      finishStep,
      startStep,
      { type: 'abort' },
      '[DONE]',
    ],
  }

  for (const release of releases) {
    test.each(Object.entries(bodies))(`${release.name}: %s`, async (_, chunks) => {
      // 5.0.0 knows no reason of a finish.
      const sent =
        release.name === '5.0.0'
          ? chunks.map((chunk) => (chunk === chunks.at(-2) && chunks.length > 9 ? finish() : chunk))
          : chunks
      const answer = () => new Response(bodyOf(...sent), eventStream)
      const plain = await chatOver(release, answer)
      const empty = await emptyAssistants(release, plain.messages)
      for (const hideMetaTool of [false, true]) {
        const options = { planId: 'p', hideMetaTool }
        const { status, error, messages } = await chatOver(release, () =>
          injectTaskPlanIntoStream(answer(), options),
        )
        expect([status, error]).toEqual(['ready', undefined])
        expect(readTaskPlan(messages.at(-1)?.parts ?? [])).toBeDefined()
        expect(await emptyAssistants(release, messages)).toBe(empty)
        expect(await emptyAssistants(release, stripTaskPlanParts(messages))).toBe(empty)
      }
    })
  }
})

describe('INJ-A4 with the plan tool hidden', () => {
  const planned = fixtures.filter(({ number }) => number === '25')
  for (const release of releases) {
    test.each(planned.map((each) => [each.name, each] as const))(
      `${release.name} reads %s, ends as without a plan and sees nothing of its calls`,
      async (_, recorded) => {
        const plain = await chatOver(release, () => responseOf(recorded))
        const options = { planId: 'p', hideMetaTool: true }
        const { status, messages } = await chatOver(release, () =>
          injectTaskPlanIntoStream(responseOf(recorded), options),
        )
        expect(status).toBe(plain.status)
        expect(JSON.stringify(messages)).not.toContain('meta')
      },
    )
  }
})
