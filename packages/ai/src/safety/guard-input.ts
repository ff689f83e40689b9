import type { ModelMessage } from 'ai'
import type { ModelCallOptions } from '../gateway/sdk-types.ts'
import { carryOut, readResult, type GuardLog } from './guard-verdict.ts'
import type { GuardContext, Guardrail } from './guardrail.ts'

type Prompt = ModelCallOptions['prompt']

/** How inputs are guarded. */
export interface InputGuards {
  readonly guards: readonly Guardrail[]
  readonly promptId: string | undefined
  readonly record: GuardLog['record']
}

/**
 * The messages with every user turn behind the last assistant turn guarded; the messages given stay as they are
 * (AI-46). Rejects with `GuardrailBlockedError` where a guard blocks.
 */
export function guardNewTurns(
  messages: readonly ModelMessage[],
  options: InputGuards,
): Promise<ModelMessage[]> {
  const answered = messages.findLastIndex(({ role }) => role === 'assistant')
  return inOrder(messages, async (message, index) => {
    if (index <= answered || message.role !== 'user') return message
    const { content } = message
    if (typeof content === 'string') return { ...message, content: await guardText(content, options) }
    return { ...message, content: await guardParts(content, options) }
  })
}

/** A provider's prompt with every user turn guarded: in an agent, nobody knows which of them are new (AI-46). */
export function guardPrompt(prompt: Prompt, options: InputGuards): Promise<Prompt> {
  return inOrder(prompt, async (message) => {
    if (message.role !== 'user') return message
    return { ...message, content: await guardParts(message.content, options) }
  })
}

/** One after another, so that the entries of guards keep the order of the turns. */
async function inOrder<Item>(
  items: readonly Item[],
  map: (item: Item, index: number) => Promise<Item>,
): Promise<Item[]> {
  const mapped: Item[] = []
  for (const [index, item] of items.entries()) mapped.push(await map(item, index))
  return mapped
}

async function guardParts<Part extends { readonly type: string }>(
  parts: readonly Part[],
  options: InputGuards,
): Promise<Part[]> {
  const texts = parts.filter(isText)
  const text = texts.map((part) => part.text).join('\n')
  const guarded = await guardText(text, options)
  if (guarded === text) return [...parts]
  const [first] = texts
  return parts.flatMap((part) => {
    if (!isText(part)) return [part]
    return part === first ? [{ ...part, text: guarded }] : []
  })
}

function isText<Part extends { readonly type: string }>(
  part: Part,
): part is Part & { readonly type: 'text'; readonly text: string } {
  return part.type === 'text'
}

async function guardText(given: string, { guards, promptId, record }: InputGuards): Promise<string> {
  const context: GuardContext = { promptId, phase: 'input', step: 0, last: true }
  let text = given
  for (const guard of guards) {
    if (text === '') break
    const result = readResult(await guard.validate?.(text, context))
    text = carryOut(result, text, { guard, context, record })
  }
  return text
}
