import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { ToolSet } from 'ai'
import { lastOf, runTool, type ExecuteOptions } from './run-tool.ts'

type AnyTool = ToolSet[string]

/** What wrapped tools ask and tell, beside running. */
export interface WrapOptions {
  /** Throws unless this very call may run. Default: every call may. */
  readonly admit?: (toolName: string, toolCallId: string, input: unknown) => void
  /** Told, each time, right before the tool's own function or an `aroundExecute`. */
  readonly onStart?: (toolCallId: string) => void
}

/**
 * The tools with middleware around each `execute` (AI-51). The objects given stay as they are; a tool without `execute`
 * is passed through.
 */
export function wrapTools(
  tools: ToolSet,
  middleware: readonly ToolMiddleware[],
  options: WrapOptions = {},
): ToolSet {
  const hooks = middleware.filter(({ approval }) => approval === undefined)
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => [name, wrapTool(name, tool, hooks, options)]),
  )
}

function wrapTool(
  toolName: string,
  tool: AnyTool,
  middleware: readonly ToolMiddleware[],
  { admit, onStart }: WrapOptions,
): AnyTool {
  const execute: unknown = tool.execute
  if (typeof execute !== 'function') return tool
  // With the tool as `this`, as the SDK calls it.
  const own = (input: unknown, options: ExecuteOptions): unknown =>
    Reflect.apply(execute, tool, [input, options])

  async function* run(input: unknown, options: ExecuteOptions): AsyncGenerator {
    admit?.(toolName, options.toolCallId, input)
    yield* runTool(
      {
        toolName,
        input,
        options,
        execute: own,
        onStart: () => onStart?.(options.toolCallId),
      },
      middleware,
    )
  }
  // The SDK takes values that are yielded only from a function whose result it can iterate at once; a promise of such
  // a result would reach the model as `{}` (AI-91).
  const wrapped = isAsyncGeneratorFunction(execute)
    ? run
    : (input: unknown, options: ExecuteOptions) => lastOf(run(input, options))
  return withExecute(tool, wrapped)
}

function isAsyncGeneratorFunction(execute: unknown): boolean {
  return Object.prototype.toString.call(execute) === '[object AsyncGeneratorFunction]'
}

/** A copy with getters and prototype: a tool may be an instance of a class. */
function withExecute(tool: AnyTool, execute: (input: unknown, options: ExecuteOptions) => unknown): AnyTool {
  return Object.create(Object.getPrototypeOf(tool), {
    ...Object.getOwnPropertyDescriptors(tool),
    execute: { value: execute, enumerable: true, writable: true, configurable: true },
  })
}
