import type { FlexibleSchema, ToolSet } from 'ai'
import { misuse, shown } from '../misuse.ts'
import { inputKeys } from './input-keys.ts'
import type { Context, ContextLike, Match, UseEntry, When } from './use.ts'

/** A question that decides which contexts are there. It is asked once per resolution. */
export interface Condition {
  readonly reason: 'when' | 'match'
  /** Keys that the contexts below declare; `undefined`: not known, so it may see them all. */
  keys: Set<string> | undefined
  readonly ask: (input: object) => string | Promise<string>
}

/** One turn on the way to a context: it is there if the condition answers with this branch. */
export interface Step {
  readonly condition: Condition
  readonly branch: string
}

/** A context of a prompt, with the ways that lead to it. It is there if all steps of one way are taken. */
export interface Owner {
  readonly source: Context | ContextLike
  /** `"a"`, or `#2` for the second context where it has no id. */
  readonly name: string
  readonly ways: (readonly Step[])[]
}

/** All contexts that `use` leads to, each once, in the order of their texts: nested ones before their owner (AI-13). */
export function collectOwners(caller: string, use: readonly UseEntry[]): readonly Owner[] {
  const owners = new Map<unknown, Owner>()
  const ids = new Map<string, Owner>()
  const conditions = new Map<object, Condition>()

  function conditionOf(node: Context | When | Match): Condition {
    const known = conditions.get(node)
    if (known) return known
    const made: Condition = {
      reason: node.kind === 'match' ? 'match' : 'when',
      keys: new Set(),
      ask: node.kind === 'match' ? askMatch(node) : askWhen(node),
    }
    conditions.set(node, made)
    return made
  }

  function add(source: Context | ContextLike, way: readonly Step[]): void {
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
    const owner: Owner = { source, name, ways: [way] }
    owners.set(key, owner)
    if (id !== undefined) ids.set(id, owner)
  }

  function walk(entries: readonly UseEntry[], way: readonly Step[]): void {
    for (const entry of entries) {
      if (!entry) continue
      if (!('kind' in entry)) {
        if (!isContextLike(entry))
          throw misuse(caller, `use takes contexts, when() and match(), got ${shown(entry)}`)
        add(entry, way)
      } else if (entry.kind === 'when') {
        walk([entry.context], [...way, { condition: conditionOf(entry), branch: 'then' }])
      } else if (entry.kind === 'match') {
        const condition = conditionOf(entry)
        for (const [key, list] of entry.cases) walk(list, [...way, { condition, branch: `case ${key}` }])
        walk(entry.default, [...way, { condition, branch: 'default' }])
      } else {
        const { use: nested = [], when: predicate, input } = entry.config
        const inside = predicate ? [...way, { condition: conditionOf(entry), branch: 'then' }] : way
        for (const { condition } of inside) addKeys(condition, input)
        walk(nested, inside)
        add(entry, inside)
      }
    }
  }

  walk(use, [])
  return [...owners.values()]
}

/** Throws for an input key or a tool that two owners bring who may be there together (AI-16, AI-18). */
export function checkOwners(
  caller: string,
  owners: readonly Owner[],
  prompt: { readonly id?: string | undefined; readonly tools?: unknown } = {},
): void {
  for (const [index, owner] of owners.entries()) {
    for (const other of owners.slice(index + 1)) {
      if (excludeEachOther(owner, other)) continue
      const key = common(keysOf(owner), keysOf(other))
      if (key !== undefined) {
        throw misuse(
          caller,
          `input key "${key}" is declared by contexts ${owner.name} and ${other.name}; rename one`,
        )
      }
      checkTools(caller, [
        { name: `context ${owner.name}`, tools: staticTools(owner) },
        { name: `context ${other.name}`, tools: staticTools(other) },
      ])
    }
    checkTools(caller, [
      { name: `context ${owner.name}`, tools: staticTools(owner) },
      { name: promptName(prompt.id), tools: typeof prompt.tools === 'object' ? prompt.tools : undefined },
    ])
  }
}

/** Throws for a tool name that two of the sets hold (AI-18). */
export function checkTools(
  caller: string,
  sets: readonly { readonly name: string; readonly tools: object | null | undefined }[],
): void {
  const holders = new Map<string, string>()
  for (const { name, tools } of sets) {
    for (const tool of Object.keys(tools ?? {})) {
      const holder = holders.get(tool)
      if (holder !== undefined) {
        throw misuse(caller, `tool "${tool}" comes from ${holder} and ${name}; rename one`)
      }
      holders.set(tool, name)
    }
  }
}

/** How a prompt is called in errors and in `inspect`. */
export function promptName(id: string | undefined): string {
  return id === undefined ? 'prompt' : `prompt "${id}"`
}

export function isContext(source: Context | ContextLike): source is Context {
  return 'kind' in source
}

function isContextLike(entry: object): entry is ContextLike {
  return (
    'id' in entry && typeof entry.id === 'string' && 'system' in entry && typeof entry.system === 'function'
  )
}

function askWhen(node: Context | When): Condition['ask'] {
  const predicate = node.kind === 'when' ? node.predicate : node.config.when
  // The types of its input are those that `when` and `context` have given it.
  const ask = predicate as ((options: { readonly input: object }) => boolean | Promise<boolean>) | undefined
  return async (input) => ((await ask?.({ input })) ? 'then' : 'else')
}

function askMatch(node: Match): Condition['ask'] {
  const on = node.on as (options: { readonly input: object }) => string | Promise<string>
  return async (input) => {
    const answer = await on({ input })
    return node.cases.has(answer) ? `case ${answer}` : 'default'
  }
}

function addKeys(condition: Condition, schema: FlexibleSchema | undefined): void {
  if (schema === undefined || condition.keys === undefined) return
  const keys = inputKeys(schema)
  if (keys === undefined) condition.keys = undefined
  else for (const key of keys) condition.keys.add(key)
}

function excludeEachOther(one: Owner, other: Owner): boolean {
  return one.ways.every((way) =>
    other.ways.every((otherWay) =>
      way.some(({ condition, branch }) =>
        otherWay.some((step) => step.condition === condition && step.branch !== branch),
      ),
    ),
  )
}

function keysOf({ source }: Owner): readonly string[] {
  return isContext(source) && source.config.input ? (inputKeys(source.config.input) ?? []) : []
}

function staticTools({ source }: Owner): ToolSet | undefined {
  const tools = isContext(source) ? source.config.tools : undefined
  return typeof tools === 'object' ? tools : undefined
}

function common(keys: readonly string[], others: readonly string[]): string | undefined {
  return keys.find((key) => others.includes(key))
}
