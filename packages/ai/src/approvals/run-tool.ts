import type { ToolCallInfo, ToolMiddleware } from '@crux/core/tool-middleware'
import type { ToolExecutionOptions } from 'ai'

/** What the SDK hands to a tool. */
export type ExecuteOptions = ToolExecutionOptions<unknown>

/** Runs a tool, or what stands around it, and yields its values; the last one is its output. */
type Run = (input: unknown, options: ExecuteOptions) => AsyncGenerator

/** A call of a tool, before any middleware has touched it. */
export interface ToolRun {
  readonly toolName: string
  readonly input: unknown
  readonly options: ExecuteOptions
  /** The tool's own function. */
  readonly execute: (input: unknown, options: ExecuteOptions) => unknown
  /** Called right before anything runs that may do the tool's work. */
  readonly onStart: () => void
}

/**
 * Runs a tool inside the middleware that matches the call, the last of the list outermost (AI-50, AI-51). Values that
 * the tool yields go through as they come; what an `aroundExecute` returns takes their place (AI-52).
 */
export async function* runTool(run: ToolRun, middleware: readonly ToolMiddleware[]): AsyncGenerator {
  const call = callInfo(run.toolName, run.input, run.options)
  let current: Run = (input, options) => {
    run.onStart()
    return valuesOf(run.execute(input, options))
  }
  for (const one of middleware) {
    if (await one.matches(call)) current = layer(run, one, current)
  }
  yield* current(run.input, run.options)
}

/** The last value; `undefined` if there is none. */
export async function lastOf(values: AsyncIterable<unknown>): Promise<unknown> {
  let last: unknown
  for await (const value of values) last = value
  return last
}

/** A call as middleware sees it. Without a signal it is about the call, not around it. */
export function callInfo(
  toolName: string,
  input: unknown,
  options: Pick<ExecuteOptions, 'toolCallId' | 'messages' | 'abortSignal'>,
): ToolCallInfo {
  const { toolCallId, messages, abortSignal } = options
  return { toolName, toolCallId, input, messages, abortSignal, options }
}

function layer(run: ToolRun, middleware: ToolMiddleware, inner: Run): Run {
  const { beforeExecute, aroundExecute, afterExecute, onError } = middleware

  return async function* (input, options) {
    const call = callInfo(run.toolName, input, options)
    let startedAt = performance.now()
    const durationMs = () => performance.now() - startedAt
    try {
      await beforeExecute?.(call)
      startedAt = performance.now()
      let output: unknown
      if (aroundExecute === undefined) {
        for await (const value of inner(input, options)) yield (output = value)
      } else {
        run.onStart()
        output = await aroundExecute(call, (given, changes) =>
          lastOf(inner(given === undefined ? input : given, { ...options, ...changes, ...fixed(options) })),
        )
        yield output
      }
      await afterExecute?.({ ...call, output, durationMs: durationMs() })
    } catch (error) {
      await observe(() => onError?.({ ...call, error, durationMs: durationMs() }))
      throw error
    }
  }
}

/** What a middleware cannot change: whose call it is, and when it ends. */
function fixed({ toolCallId, abortSignal }: ExecuteOptions) {
  return { toolCallId, abortSignal }
}

/** An observer's own failure must not hide the one it was told of. */
async function observe(tell: () => void | Promise<void>): Promise<void> {
  try {
    await tell()
  } catch {}
}

async function* valuesOf(result: unknown): AsyncGenerator {
  const settled = await result
  if (isAsyncIterable(settled)) yield* settled
  else yield settled
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
  )
}
