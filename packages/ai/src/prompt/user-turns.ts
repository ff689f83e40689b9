import type { ModelMessage } from 'ai'
import { misuse } from '../misuse.ts'
import type { PromptDefinition } from './definition.ts'
import { promptName } from './owners.ts'

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
  if (history !== undefined) {
    const wrong = history.findIndex(({ role }) => role === 'system')
    if (wrong !== -1) {
      throw misuse(caller, `messages[${wrong}] has role system; put it into the prompt's system`)
    }
    return { messages: needsTurns(caller, definition, history), system: [] }
  }
  const { prompt, messages } = definition
  // The type of `input` is the one that `prompt` has given these functions.
  const given = { input: input as never }
  if (messages !== undefined) {
    const turns = messages(given)
    return {
      messages: needsTurns(
        caller,
        definition,
        turns.filter(({ role }) => role !== 'system'),
      ),
      system: turns.flatMap((turn) => (turn.role === 'system' ? [turn.content] : [])),
    }
  }
  const text = typeof prompt === 'function' ? await prompt(given) : prompt
  if (text === undefined) return { messages: [{ role: 'user', content: asText(input) }], system: [] }
  if (typeof text !== 'string')
    throw misuse(caller, `${promptName(definition.id)} must give text, got ${typeof text}`)
  if (text.includes('[object Object]')) {
    throw misuse(
      caller,
      `text of ${promptName(definition.id)} contains [object Object]; turn the value into text first`,
    )
  }
  const isSaid = text.trim() !== ''
  return {
    messages: needsTurns(caller, definition, isSaid ? [{ role: 'user', content: text }] : []),
    system: [],
  }
}

function needsTurns(
  caller: string,
  { id }: PromptDefinition<never>,
  turns: readonly ModelMessage[],
): readonly ModelMessage[] {
  if (turns.length > 0) return turns
  throw misuse(caller, `${promptName(id)} has no user turn; add prompt, messages, or pass messages`)
}

function asText(input: unknown): string {
  const isEmpty =
    input === undefined ||
    input === null ||
    input === '' ||
    (typeof input === 'object' && Object.keys(input).length === 0)
  if (isEmpty) return 'Continue.'
  return JSON.stringify(input)
}
