import type { FlexibleSchema } from 'ai'
import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'

/**
 * The keys of the object that a schema describes, or `undefined` where they cannot be told at once: a schema with
 * unknown keys gets the whole input. Read from `shape`, else from the properties of its JSON Schema; no conversion is
 * needed, because that throws for dates and custom types (AI-16, AI-100).
 */
export function inputKeys(schema: FlexibleSchema): readonly string[] | undefined {
  return look(schema).keys
}

/** Throws for a schema that is known to describe no object, and for what is no schema. */
export function checkInputSchema(caller: string, schema: unknown): void {
  if (schema === undefined) return
  const found = isSchema(schema) ? look(schema).notAnObject : shown(schema)
  if (found !== undefined) throw misuse(caller, `input must be a schema of an object, got ${found}`)
}

interface Looks {
  readonly keys?: readonly string[]
  /** What it describes instead. */
  readonly notAnObject?: string
}

function look(schema: object): Looks {
  const made: unknown = typeof schema === 'function' && !('~standard' in schema) ? schema() : schema
  if (!isSchema(made)) return {}
  if (isRecord(made['shape'])) return { keys: Object.keys(made['shape']) }
  const kind = isRecord(made['def']) ? made['def']['type'] : undefined
  if (typeof kind === 'string') return noObjects.has(kind) ? { notAnObject: kind } : {}
  const json = jsonSchemaOf(made)
  if (!isRecord(json)) return {}
  const { type, properties } = json
  if (typeof type === 'string' && type !== 'object') return { notAnObject: type }
  return isRecord(properties) ? { keys: Object.keys(properties) } : {}
}

/** That of the SDK's `zodSchema()` converts when it is read, and throws for what has no JSON Schema. */
function jsonSchemaOf(schema: Readonly<Record<string, unknown>>): unknown {
  try {
    return schema['jsonSchema']
  } catch {
    return undefined
  }
}

/** Kinds of zod 4 that hold no object, whatever is in them. */
const noObjects: ReadonlySet<string> = new Set(
  (
    'string number int boolean bigint symbol null undefined void nan never date array tuple map set enum literal ' +
    'template_literal file function'
  ).split(' '),
)

/** The schemas of some libraries are functions. */
function isSchema(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) || typeof value === 'function'
}
