import type * as z from 'zod'
import { CruxError } from '../errors/index.ts'
import { rememberCalls } from './remember-calls.ts'

/** What the AI SDK tells a tool about its call. Nothing here is needed to call a tool by hand. */
export interface ToolCallOptions {
  /** A repeat with the same id and input gets the outcome of the first call (TASK-13). */
  readonly toolCallId?: string
  readonly abortSignal?: AbortSignal | undefined
}

/** What a model gets to read when a tool refuses. */
export interface ToolError {
  readonly error: {
    /** A code of `CruxError`. */
    readonly code: string
    readonly message: string
    readonly issues?: readonly unknown[]
  }
}

/**
 * A tool for `streamText`, `generateText` and agents of AI SDK 5, 6 and 7 as it is (TASK-13). A refusal is an answer,
 * so that the model can correct itself; a store that cannot be reached, is full or closed throws.
 */
export interface CruxTool<Input, Output> {
  readonly description: string
  readonly inputSchema: z.ZodType<Input>
  readonly execute: (input: Input, options?: ToolCallOptions) => Promise<Output | ToolError>
}

/** What a tool is made of. */
export interface ToolDefinition<Input, Output> {
  readonly description: string
  readonly inputSchema: z.ZodType<Input>
  readonly run: (input: Input) => Promise<Output>
}

/** A tool that changes something: a repeated call is answered, not run again. */
export function createTool<Input, Output>({
  run,
  ...rest
}: ToolDefinition<Input, Output>): CruxTool<Input, Output> {
  const runOnce = rememberCalls(run)
  return { ...rest, execute: (input, options) => answer(runOnce(input, options?.toolCallId)) }
}

/** A tool that only reads: each call reads anew. */
export function createReadTool<Input, Output>({
  run,
  ...rest
}: ToolDefinition<Input, Output>): CruxTool<Input, Output> {
  return { ...rest, execute: (input) => answer(run(input)) }
}

const brokenStore: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'store-unavailable',
  'store-full',
  'closed',
])

async function answer<Output>(outcome: Promise<Output>): Promise<Output | ToolError> {
  try {
    return await outcome
  } catch (error) {
    if (!CruxError.is(error) || brokenStore.has(error.code)) throw error
    const { code, message, details } = error
    const issues = Array.isArray(details?.issues) ? details.issues : undefined
    return { error: { code, message, ...(issues && { issues }) } }
  }
}
