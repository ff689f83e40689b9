import { misuse } from '../misuse.ts'
import type { Text } from './use.ts'

/** Calls a function of a prompt or a context with the merged input. */
export function callWithInput<Result>(
  make: (options: { readonly input: never }) => Result,
  input: unknown,
): Result {
  // The type of its input is the one that `prompt` and `context` have read off the schemas behind the merged input.
  return make({ input: input as never })
}

/** A text, made from the input if need be; `''` for a blank one. Throws code `usage` for what is none. */
export async function textOf(
  caller: string,
  source: string,
  text: Text<never> | undefined,
  input: unknown,
): Promise<string> {
  const made: unknown = typeof text === 'function' ? await callWithInput(text, input) : (text ?? '')
  if (typeof made !== 'string') throw misuse(caller, `text of ${source} must be a string, got ${typeof made}`)
  return made.trim() === '' ? '' : made
}
