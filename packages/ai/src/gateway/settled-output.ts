import type { FlexibleSchema, OutputInterface } from 'ai'
import { isRecord } from '../is-record.ts'
import { jsonCandidates } from '../settle/repair-json.ts'
import { sdk } from './sdk-gateway.ts'

/** What an answer came to: the value, or why it is none. `text` is the answer itself. */
export type Settled =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown; readonly text: string }

/** An SDK `output` whose parsing gives a `Settled` and never rejects. */
export type SettledOutput = OutputInterface<Settled, unknown, never>

type ParseContext = Parameters<OutputInterface['parseCompleteOutput']>[1]

const made = new WeakSet<object>()

/**
 * The SDK's object output, so that a failed parse does not reject and drop the whole result (AI-81). Mends syntax for
 * free (AI-33); an `error` is that of the first text that is JSON, else of the answer as it is.
 */
export function settledOutput(schema: FlexibleSchema<unknown>): SettledOutput {
  const { Output, TypeValidationError } = sdk()
  const output = Output.object({ schema })

  async function settle(text: string, context: ParseContext): Promise<Settled> {
    let failure: { readonly error: unknown; readonly isJson: boolean } | undefined
    for (const candidate of jsonCandidates(text)) {
      try {
        return { ok: true, value: await output.parseCompleteOutput({ text: candidate }, context) }
      } catch (error) {
        const isJson = error instanceof Error && TypeValidationError.isInstance(error.cause)
        if (failure === undefined || (isJson && !failure.isJson)) failure = { error, isJson }
      }
    }
    return { ok: false, error: failure?.error, text }
  }

  return {
    ...output,
    parseCompleteOutput: async ({ text }, context) => {
      const settled = await settle(text, context)
      made.add(settled)
      return settled
    },
  }
}

/** True for what a `settledOutput` gave; a gateway of one's own may give something else. */
export function isSettled(value: unknown): value is Settled {
  return isRecord(value) && made.has(value)
}
