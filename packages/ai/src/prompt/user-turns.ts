import type { ModelMessage } from 'ai'
import { misuse } from '../misuse.ts'
import { promptName, type PromptDefinition } from './definition.ts'
import { callWithInput, textOf } from './text-of.ts'

/** The turns that are sent, and the system turns among the prompt's own. */
export interface UserTurns {
  readonly messages: readonly ModelMessage[]
  /** They go behind the system text, because the SDK refuses them among the turns (AI-9, AI-93). */
  readonly system: readonly string[]
}

/**
 * What the person says: the history of the call, else the prompt's own turns, else the input as JSON (AI-9).
 *
 * Throws for a system turn in a history of the call, and where nothing is said.
 */
export async function userTurns(
  caller: string,
  definition: PromptDefinition<never>,
  history: readonly ModelMessage[] | undefined,
  input: unknown,
): Promise<UserTurns> {
  const name = promptName(definition.id)
  const turns = history ?? (await ownTurns(caller, definition, input))
  const wrong = history?.findIndex(({ role }) => role === 'system') ?? -1
  if (wrong !== -1)
    throw misuse(caller, `messages[${wrong}] has role system; put it into the prompt's system`)
  const messages = turns.filter(({ role }) => role !== 'system')
  if (messages.length === 0) {
    throw misuse(caller, `${name} has no user turn; add prompt, messages, or pass messages`)
  }
  return { messages, system: turns.flatMap((turn) => (turn.role === 'system' ? [turn.content] : [])) }
}

async function ownTurns(
  caller: string,
  { id, prompt, messages }: PromptDefinition<never>,
  input: unknown,
): Promise<readonly ModelMessage[]> {
  if (messages !== undefined) return callWithInput(messages, input)
  if (prompt === undefined) return [{ role: 'user', content: asText(input) }]
  const content = await textOf(caller, promptName(id), prompt, input)
  return content === '' ? [] : [{ role: 'user', content }]
}

function asText(input: unknown): string {
  const isEmpty =
    input === undefined ||
    input === null ||
    input === '' ||
    (typeof input === 'object' && Object.keys(input).length === 0)
  return isEmpty ? 'Continue.' : JSON.stringify(input)
}
