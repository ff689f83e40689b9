import type { ToolMiddleware } from '@crux/core/tool-middleware'
import type { FlexibleSchema, ModelMessage } from 'ai'
import type { Constraint } from '../safety/constraint.ts'
import type { Guardrail } from '../safety/guardrail.ts'
import type { CallSettings } from './settings.ts'
import type { Text, Tools, UseEntry } from './use.ts'

/** What `prompt()` takes, `Input` being what its texts see. */
export interface PromptDefinition<Input = unknown> {
  /** Names it in errors, `inspect` and approvals. */
  readonly id?: string | undefined
  readonly description?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** Contexts, `when()`, `match()`, what `asContext()` returns; falsy entries are skipped. */
  readonly use?: readonly UseEntry[] | undefined
  /** A schema of an object. */
  readonly input?: FlexibleSchema | undefined
  /** Schema of the answer. Without one the answer is text. */
  readonly output?: FlexibleSchema | undefined
  readonly system?: Text<Input> | undefined
  /** The user's turn. Excludes `messages`. */
  readonly prompt?: Text<Input> | undefined
  /** The turns. Those with role `system` go behind the system text. Excludes `prompt`. */
  readonly messages?: ((options: { readonly input: Input }) => readonly ModelMessage[]) | undefined
  readonly settings?: CallSettings | undefined
  readonly tools?: Tools<Input> | undefined
  readonly toolMiddleware?: ToolMiddleware | readonly ToolMiddleware[] | undefined
  readonly constraints?: readonly Constraint[] | undefined
  readonly guardrails?: readonly Guardrail[] | undefined
}

/** How a prompt is called in errors and in `inspect`. */
export function promptName(id: string | undefined): string {
  return id === undefined ? 'prompt' : `prompt "${id}"`
}
