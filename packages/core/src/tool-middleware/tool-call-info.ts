/** One call of a tool, as middleware sees it. */
export interface ToolCallInfo {
  readonly toolName: string
  /** The model's id of the call. */
  readonly toolCallId: string
  /** What the model asked for, as the tool's schema gave it back. */
  readonly input: unknown
  /** What was sent to the model that made the call, in AI SDK form. */
  readonly messages: readonly unknown[]
  /** Ends with the whole call. `undefined` while it is decided whether the call needs an approval. */
  readonly abortSignal: AbortSignal | undefined
  /** What the AI SDK hands to the tool, the fields above included. */
  readonly options: unknown
}

/** An exact tool name, a pattern for names (tested from its first character, whatever its flags), or a predicate. */
export type ToolMatcher = string | RegExp | ((call: ToolCallInfo) => boolean | Promise<boolean>)
