import { CruxError } from '../errors/index.ts'
import { pathText } from './read-input.ts'

/** The part of the Standard Schema interface that is used here; zod, Valibot, ArkType and others implement it. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  }
}

type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** The value as the schema gives it back. Throws `invalid-value` with `details.issues`; `what` names the value. */
export async function parseWithSchema(
  schema: StandardSchema,
  value: unknown,
  what: string,
): Promise<unknown> {
  const outcome = await schema['~standard'].validate(value)
  if (outcome.issues === undefined) return outcome.value
  const issues = outcome.issues.map(({ message, path = [] }) => ({
    message,
    path: pathText(path.map((step) => (typeof step === 'object' ? step.key : step))),
  }))
  const problems = issues.map(({ message, path }) => `${path}: ${message}`).join('; ')
  throw new CruxError('invalid-value', `${what} does not match its schema: ${problems}.`, {
    details: { issues },
  })
}

/** The schema as JSON Schema text for a model to read; `undefined` where its library cannot give it. */
export function jsonSchemaText(schema: StandardSchema): string | undefined {
  const { jsonSchema } = schema['~standard'] as StandardSchema['~standard'] & {
    // Optional extension of Standard Schema; zod has it from 4.2 on.
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => unknown }
  }
  try {
    return JSON.stringify(jsonSchema?.input({ target: 'draft-2020-12' }))
  } catch {
    // A schema with a transform or a custom check has no JSON Schema; the model then goes by its guidelines.
    return undefined
  }
}
