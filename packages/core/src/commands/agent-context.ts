/**
 * A piece of an agent's instructions that is read anew at each call. `@crux/ai` takes it as it is; elsewhere, put
 * `await context.system()` into the system prompt.
 */
export interface AgentContext {
  /** `plan:<id>`, `tasklist:<id>` or `task:<list id>/<task id>`. */
  readonly id: string
  /** 0 to 100; when room is short, what has less goes first. */
  readonly priority: number
  /** The text as of now; `''` when there is nothing to say, because it does not exist or was discarded. */
  readonly system: () => Promise<string>
}

/** Options of every `asContext`. */
export interface ContextOptions {
  /** 0 to 100. */
  readonly priority?: number
}

/** Text of others as one line: a line break in a label must not look like a new line of the prompt. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\s\u0085]+/g, ' ').trim()
}
