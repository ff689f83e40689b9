import type { ToolSet } from 'ai'
import { misuse } from '../misuse.ts'
import { promptName, type PromptDefinition } from './definition.ts'
import { inputKeys } from './input-keys.ts'
import type { Owner } from './owners.ts'

/** Throws for an input key or a tool that two owners bring who may be there together (AI-16, AI-18). */
export function checkOwners(
  caller: string,
  owners: readonly Owner[],
  prompt: Pick<PromptDefinition<never>, 'id' | 'tools'> = {},
): void {
  const own = { name: promptName(prompt.id), tools: plainTools(prompt.tools) }
  for (const [index, owner] of owners.entries()) {
    for (const other of owners.slice(index + 1)) {
      if (excludeEachOther(owner, other)) continue
      const others = keysOf(other)
      const key = keysOf(owner).find((name) => others.includes(name))
      if (key !== undefined) {
        throw misuse(
          caller,
          `input key "${key}" is declared by contexts ${owner.name} and ${other.name}; rename one`,
        )
      }
      checkTools(caller, [toolsOf(owner), toolsOf(other)])
    }
    checkTools(caller, [toolsOf(owner), own])
  }
}

/** Throws for a tool name that two of the sets hold (AI-18). */
export function checkTools(
  caller: string,
  sets: readonly { readonly name: string; readonly tools: ToolSet }[],
): void {
  const holders = new Map<string, string>()
  for (const { name, tools } of sets) {
    for (const tool of Object.keys(tools)) {
      const holder = holders.get(tool)
      if (holder !== undefined) {
        throw misuse(caller, `tool "${tool}" comes from ${holder} and ${name}; rename one`)
      }
      holders.set(tool, name)
    }
  }
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

function keysOf({ config: { input } }: Owner): readonly string[] {
  return (input && inputKeys(input)) ?? []
}

function toolsOf({ name, config: { tools } }: Owner) {
  return { name: `context ${name}`, tools: plainTools(tools) }
}

/** Tools that are made for the input are not there yet. */
function plainTools(tools: PromptDefinition<never>['tools']): ToolSet {
  return typeof tools === 'function' ? {} : (tools ?? {})
}
