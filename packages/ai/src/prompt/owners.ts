import type { FlexibleSchema } from 'ai'
import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'
import { inputKeys } from './input-keys.ts'
import { callWithInput } from './text-of.ts'
import type { Context, ContextDefinition, ContextLike, Predicate, UseEntry } from './use.ts'

/** A question that decides which contexts are there. It is asked once per resolution. */
export interface Condition {
  readonly reason: 'when' | 'match'
  /** Keys that the contexts below declare; `undefined`: not known, so it may see them all. */
  keys: Set<string> | undefined
  readonly ask: (input: object) => Promise<string>
}

/** One turn on the way to a context: it is there if the condition answers with this branch. */
interface Step {
  readonly condition: Condition
  readonly branch: string
}

/** A context of a prompt, with the ways that lead to it. It is there if all steps of one way are taken. */
export interface Owner {
  readonly source: Context | ContextLike
  /** What it brings; of a reader such as that of a plan only a text. */
  readonly config: Pick<ContextDefinition<never>, 'input' | 'system' | 'tools' | 'constraints' | 'guardrails'>
  /** `"a"`, or `#2` for the second context where it has no id. */
  readonly name: string
  readonly ways: (readonly Step[])[]
}

/** All contexts that `use` leads to, each once, in the order of their texts: nested ones before their owner (AI-13). */
export function collectOwners(caller: string, use: readonly UseEntry[]): readonly Owner[] {
  const owners = new Map<unknown, Owner>()
  const ids = new Set<string>()
  const conditions = new Map<UseEntry, Condition>()

  function conditionOf(entry: UseEntry, reason: Condition['reason'], ask: Condition['ask']): Condition {
    const condition = conditions.get(entry) ?? { reason, ask, keys: new Set() }
    conditions.set(entry, condition)
    return condition
  }

  function add(source: Context | ContextLike, config: Owner['config'], way: readonly Step[]): void {
    // Two context-like objects with one id are readers of one thing.
    const key = isContext(source) ? source : source.id
    const known = owners.get(key)
    if (known) {
      known.ways.push(way)
      return
    }
    const { id } = source
    if (id !== undefined && ids.has(id)) throw misuse(caller, `context id "${id}" is used twice`)
    const name = id === undefined ? `#${owners.size + 1}` : `"${id}"`
    owners.set(key, { source, config, name, ways: [way] })
    if (id !== undefined) ids.add(id)
  }

  function walk(entries: readonly UseEntry[], way: readonly Step[]): void {
    for (const entry of entries) {
      if (!entry) continue
      checkEntry(caller, entry)
      if (!('kind' in entry)) {
        add(entry, { system: entry.system }, way)
      } else if (entry.kind === 'when') {
        const condition = conditionOf(entry, 'when', asks(entry.predicate))
        walk([entry.context], [...way, { condition, branch: 'then' }])
      } else if (entry.kind === 'match') {
        const condition = conditionOf(entry, 'match', async (input) => {
          const answer = await callWithInput(entry.on, input)
          return entry.cases.has(answer) ? `case ${answer}` : 'default'
        })
        for (const [key, list] of entry.cases) walk(list, [...way, { condition, branch: `case ${key}` }])
        walk(entry.default, [...way, { condition, branch: 'default' }])
      } else {
        const { use: nested = [], when, input } = entry.config
        const inside = when
          ? [...way, { condition: conditionOf(entry, 'when', asks(when)), branch: 'then' }]
          : way
        for (const { condition } of inside) addKeys(condition, input)
        walk(nested, inside)
        add(entry, entry.config, inside)
      }
    }
  }

  walk(use, [])
  return [...owners.values()]
}

/** False for what only has a text, such as the reader of a plan. */
export function isContext(source: Context | ContextLike): source is Context {
  return 'kind' in source
}

function checkEntry(caller: string, entry: unknown): void {
  const { kind, id, system } = isRecord(entry) ? entry : {}
  if (kind !== undefined || (typeof id === 'string' && typeof system === 'function')) return
  throw misuse(caller, `use takes contexts, when() and match(), got ${shown(entry)}`)
}

function asks(predicate: Predicate<never>): Condition['ask'] {
  return async (input) => ((await callWithInput(predicate, input)) ? 'then' : 'else')
}

function addKeys(condition: Condition, schema: FlexibleSchema | undefined): void {
  if (schema === undefined || condition.keys === undefined) return
  const keys = inputKeys(schema)
  if (keys === undefined) condition.keys = undefined
  else for (const key of keys) condition.keys.add(key)
}
