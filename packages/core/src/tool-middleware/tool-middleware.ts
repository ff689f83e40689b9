import type { ApprovalHooks } from './approval-hooks.ts'
import { checkId, matchTool } from './match-tool.ts'
import type { ToolCallInfo, ToolMatcher } from './tool-call-info.ts'

/**
 * Runs what is inside: the middleware further in, at last the tool. `input` replaces the tool's, `undefined` keeps it;
 * `options` are put over those of the AI SDK, whose `toolCallId` and `abortSignal` always stay.
 */
export type NextExecute = (input?: unknown, options?: object) => Promise<unknown>

/** What runs around a tool. */
export interface ToolHooks {
  /** Before the tool; a throw prevents it, and the model is told of a failed tool. */
  readonly beforeExecute?: ((call: ToolCallInfo) => void | Promise<void>) | undefined
  /** Instead of the tool; what it returns is the tool's output. It may change the input, wait, repeat, or not call `next`. */
  readonly aroundExecute?: ((call: ToolCallInfo, next: NextExecute) => unknown) | undefined
  /** After it, with the output: of a tool that yields values, the last one. */
  readonly afterExecute?:
    | ((
        call: ToolCallInfo & { readonly output: unknown; readonly durationMs: number },
      ) => void | Promise<void>)
    | undefined
  /** After a failure, of the tool or of middleware further in. It only observes: the same error goes on. */
  readonly onError?:
    | ((
        call: ToolCallInfo & { readonly error: unknown; readonly durationMs: number },
      ) => void | Promise<void>)
    | undefined
}

/** What `toolMiddleware` and `approvalMiddleware` make: frozen, and without state of its own. */
export interface ToolMiddleware extends ToolHooks {
  readonly id: string
  /** True if it concerns this call. */
  readonly matches: (call: ToolCallInfo) => Promise<boolean>
  /** Only in approval middleware: a call it matches waits for an approval. */
  readonly approval?: ApprovalHooks
}

/** What `toolMiddleware` takes. */
export interface ToolMiddlewareConfig extends ToolHooks {
  /** Who it is, in messages. Not empty. */
  readonly id: string
  /** The tools it concerns: any entry that selects the call will do. Default: every tool. */
  readonly match?: readonly ToolMatcher[] | undefined
}

/**
 * Something that runs around tools: to log, time, cache, limit or refuse calls (AI-50). Of several, the last in the list
 * is outermost. Durations are in milliseconds.
 *
 * Throws `invalid-value` for an empty id and for an entry of `match` that selects nothing.
 *
 * @example
 * const audit = toolMiddleware({
 *   id: 'audit',
 *   match: [/^delete/],
 *   afterExecute: ({ toolName, durationMs }) => console.log(toolName, durationMs),
 * })
 */
/* @__NO_SIDE_EFFECTS__ */
export function toolMiddleware({ id, match, ...hooks }: ToolMiddlewareConfig): ToolMiddleware {
  checkId('toolMiddleware', id)
  const { beforeExecute, aroundExecute, afterExecute, onError } = hooks
  return Object.freeze({
    id,
    matches: match === undefined ? () => Promise.resolve(true) : matchTool('toolMiddleware', match),
    beforeExecute,
    aroundExecute,
    afterExecute,
    onError,
  })
}
