import type { ContentPart, ModelMessage, ToolSet } from 'ai'
import type { GenerateTextOptions } from '../gateway/sdk-gateway.ts'
import { isRecord } from '../is-record.ts'
import { answerOpenCalls } from './open-calls.ts'
import { modelOutput, unfinishedTurn, type ToolEnding } from './unfinished-turn.ts'

/** `undefined`: no history, because nothing ran or because the error ended several calls. */
const histories = new WeakMap<object, readonly ModelMessage[] | undefined>()

/**
 * The history up to the failure of the `generate` or `stream` call that ended with this error, if tools had run by
 * then, approved ones included. It can be sent back as it is: each call without a result gets an error result that says
 * why, so that no tool runs a second time (AI-65).
 *
 * `undefined` where no tool ran, for errors of other origin, for values that are no objects, and for an error that
 * ended more than one call: give each call an abort reason, and a call inside a tool a signal, of its own.
 *
 * @example
 * try {
 *   return await generate(assistant, { model, messages })
 * } catch (error) {
 *   const messages = settledMessages(error)
 *   if (messages) await save(messages)
 *   throw error
 * }
 */
export function settledMessages(error: unknown): ModelMessage[] | undefined {
  const messages = isKey(error) ? histories.get(error) : undefined
  return messages && [...messages]
}

/** Notes what a call had come to when it ended with `error`. An error seen before belongs to no call any more. */
export function rememberHistory(error: unknown, messages: readonly ModelMessage[] | undefined): void {
  if (isKey(error)) histories.set(error, histories.has(error) ? undefined : messages)
}

/** Follows one call through its attempts, because an SDK call that fails drops what it did (AI-89). */
export interface CallHistory {
  /** To be given to each SDK call. */
  readonly hooks: Pick<
    GenerateTextOptions,
    'onLanguageModelCallEnd' | 'onToolExecutionStart' | 'onToolExecutionEnd'
  >
  /** An SDK call begins with these messages. */
  readonly begin: (messages: readonly ModelMessage[]) => void
  /** The current SDK call has come to these answers, with nothing left open: at its next step, or at its end. */
  readonly reached: (responseMessages: readonly ModelMessage[]) => void
  /** The history if the call ends now, with `error`; `undefined` if no tool has run. */
  readonly endedBy: (error: unknown) => readonly ModelMessage[] | undefined
}

/** `tools` are those of the call, `hasStarted` knows whether a tool's `execute` was entered for this call id. */
export function createCallHistory(options: {
  readonly tools: ToolSet
  readonly hasStarted: (toolCallId: string) => boolean
  /** True if the call resumes approved tools: their approvals are used up, whether or not the tools got to run. */
  readonly isResumed: boolean
}): CallHistory {
  let messages: readonly ModelMessage[] = []
  let content: readonly ContentPart<ToolSet>[] = []
  let hasToolsRun = options.isResumed
  const endings = new Map<string, ToolEnding>()

  function advance(next: readonly ModelMessage[]): void {
    messages = next
    content = []
    endings.clear()
  }

  let base: readonly ModelMessage[] = []
  return {
    hooks: {
      onLanguageModelCallEnd: (event) => {
        content = event.content
        if (content.some(({ type }) => type === 'tool-result')) hasToolsRun = true
      },
      onToolExecutionStart: () => {
        hasToolsRun = true
      },
      onToolExecutionEnd: ({ toolOutput }) => {
        endings.set(toolOutput.toolCallId, toolOutput)
      },
    },
    begin: (given) => {
      base = given
      advance(given)
    },
    reached: (responses) => advance([...base, ...responses]),
    endedBy: (error) => {
      if (!hasToolsRun) return undefined
      const turn = unfinishedTurn(content)
      const why = `no result: call ended with ${nameOf(error)}`
      return answerOpenCalls(
        turn === undefined ? messages : [...messages, turn],
        ({ toolCallId, toolName }) => {
          const ending = endings.get(toolCallId)
          if (ending !== undefined) {
            return modelOutput(
              ending,
              Object.hasOwn(options.tools, toolName) ? options.tools[toolName] : undefined,
            )
          }
          const value = options.hasStarted(toolCallId) ? `${why}; it may have run` : why
          return { type: 'error-text', value }
        },
      )
    },
  }
}

function isKey(value: unknown): value is object {
  return isRecord(value) || typeof value === 'function'
}

function nameOf(error: unknown): string {
  if (error instanceof Error) return error.name
  return typeof error
}
