import type { FlexibleSchema } from 'ai'
import { sdk } from '../gateway/sdk-gateway.ts'
import { isRecord } from '../is-record.ts'
import { misuse } from '../misuse.ts'
import { dottedPath, schemaIssues, type SchemaIssue } from '../schema-issues.ts'
import { inputKeys } from './input-keys.ts'
import type { Condition, Owner } from './owners.ts'

/** The input as the texts see it, and which contexts are there. */
export interface ReadInput {
  /** What all schemas gave, merged; the raw input where there is no schema (AI-15). */
  readonly input: unknown
  readonly included: readonly Owner[]
  readonly excluded: readonly { readonly owner: Owner; readonly reason: 'when' | 'match' }[]
}

/**
 * Validates the raw input and decides what is there, in this order: the schemas of what is there in any case, the
 * conditions, the schemas of what they let in. Each schema gets only the keys that it declares, so that strict ones of
 * several owners work together; what the prompt's own gives wins (AI-15, AI-16).
 */
export async function readInput(
  caller: string,
  own: FlexibleSchema | undefined,
  owners: readonly Owner[],
  raw: unknown,
): Promise<ReadInput> {
  const isSure = ({ ways }: Owner) => ways.some(({ length }) => length === 0)
  const read = (those: readonly Owner[]) =>
    Promise.all(those.map(({ config }) => validate(config.input, raw)))
  const ownInput = await validate(own, raw)
  const first = await read(owners.filter(isSure))
  throwIssues(caller, [ownInput, ...first])
  const sure = merge([...first, ownInput])

  const asked = new Map<Condition, Promise<string>>()
  function answerOf(condition: Condition): Promise<string> {
    const answer = asked.get(condition) ?? condition.ask({ ...pick(raw, condition.keys), ...sure })
    asked.set(condition, answer)
    return answer
  }

  const included: Owner[] = []
  const excluded: { owner: Owner; reason: 'when' | 'match' }[] = []
  // One after the other: a predicate behind one that has failed is not asked.
  for (const owner of owners) {
    const missing = await missingStep(owner, answerOf)
    if (missing === undefined) included.push(owner)
    else excluded.push({ owner, reason: missing.reason })
  }

  const later = await read(included.filter((owner) => !isSure(owner)))
  throwIssues(caller, later)
  const hasSchema = own !== undefined || owners.some(({ config }) => config.input !== undefined)
  return { input: hasSchema ? merge([...first, ...later, ownInput]) : raw, included, excluded }
}

type AnswerOf = (condition: Condition) => Promise<string>

/** What keeps an owner out: a step of its last way that is not taken, if none of its ways is open. */
async function missingStep({ ways }: Owner, answerOf: AnswerOf): Promise<Condition | undefined> {
  let missing: Condition | undefined
  for (const way of ways) {
    missing = await missingStepOf(way, answerOf)
    if (missing === undefined) return undefined
  }
  return missing
}

async function missingStepOf(way: Owner['ways'][number], answerOf: AnswerOf): Promise<Condition | undefined> {
  for (const { condition, branch } of way) if ((await answerOf(condition)) !== branch) return condition
  return undefined
}

interface Validated {
  readonly value: object
  readonly issues: readonly { readonly issue: SchemaIssue; readonly isMissing: boolean }[]
}

const nothing: Validated = { value: {}, issues: [] }

async function validate(schema: FlexibleSchema | undefined, raw: unknown): Promise<Validated> {
  if (schema === undefined) return nothing
  const keys = inputKeys(schema)
  const given = keys === undefined ? (raw ?? {}) : pick(raw, new Set(keys))
  const outcome = await sdk().asSchema(schema).validate?.(given)
  if (outcome === undefined) return { value: isRecord(given) ? given : {}, issues: [] }
  if (outcome.success) return { value: isRecord(outcome.value) ? outcome.value : {}, issues: [] }
  return {
    value: {},
    issues: schemaIssues(outcome.error).map((issue) => ({
      issue,
      isMissing: at(given, issue.path) === undefined,
    })),
  }
}

function throwIssues(caller: string, outcomes: readonly Validated[]): void {
  const issues = outcomes.flatMap((outcome) => outcome.issues)
  if (issues.length === 0) return
  const texts = issues.map(({ issue: { path, message, expected }, isMissing }) => {
    const problem = isMissing ? 'required' : expected === undefined ? message : `expected ${expected}`
    return [dottedPath(path), problem.slice(0, 100)].filter((text) => text !== '').join(': ')
  })
  // A key that the prompt and a context declare is wrong twice.
  throw misuse(caller, `input is invalid: ${[...new Set(texts)].join('; ')}`)
}

function merge(outcomes: readonly Validated[]): object {
  return Object.assign({}, ...outcomes.map(({ value }) => value))
}

function pick(raw: unknown, keys: ReadonlySet<string> | undefined): object {
  if (!isRecord(raw)) return {}
  if (keys === undefined) return raw
  return Object.fromEntries(Object.entries(raw).filter(([key]) => keys.has(key)))
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((found, key) => (isRecord(found) ? found[String(key)] : undefined), value)
}
