/** The part of a JSON Schema that leads from a value to what is in it. */
export interface JsonSchema {
  readonly $ref?: string | undefined
  readonly properties?: Nodes | undefined
  readonly items?: Node | readonly Node[] | undefined
  readonly additionalProperties?: Node | undefined
  readonly anyOf?: readonly Node[] | undefined
  readonly oneOf?: readonly Node[] | undefined
  readonly allOf?: readonly Node[] | undefined
  readonly definitions?: Nodes | undefined
  readonly $defs?: Nodes | undefined
}

type Node = JsonSchema | boolean
type Nodes = Readonly<Record<string, Node>>

/**
 * The path of an issue as an error may print it: what the schema names and indexes of lists, all else as `*`, because
 * the key of a record comes from the answer (AI-34). Without a JSON Schema every key is a `*`.
 */
export function printedPath(segments: readonly PropertyKey[], schema: JsonSchema | undefined): string {
  let nodes = schema === undefined ? [] : alternatives(schema, schema)
  const printed = segments.map((segment) => {
    const key = String(segment)
    const isIndex = typeof segment === 'number'
    const isDeclared = nodes.some((node) => Object.hasOwn(node.properties ?? {}, key))
    nodes = nodes
      .flatMap((node) => children(node, key, isIndex))
      .flatMap((node) => alternatives(node, schema))
    return isIndex || isDeclared ? key : '*'
  })
  return printed.length === 0 ? '(root)' : printed.join('.')
}

function children(node: JsonSchema, key: string, isIndex: boolean): Node[] {
  if (isIndex) return [node.items ?? []].flat()
  const declared = Object.hasOwn(node.properties ?? {}, key) ? node.properties?.[key] : undefined
  const child = declared ?? node.additionalProperties
  return child === undefined ? [] : [child]
}

/** The node and all it may stand for: the target of its reference, the branches of its unions. */
function alternatives(node: Node, root: JsonSchema | undefined, seen = new Set<Node>()): JsonSchema[] {
  if (typeof node === 'boolean' || seen.has(node)) return []
  seen.add(node)
  const target = node.$ref === undefined ? [] : [referenced(node.$ref, root)]
  const more = [...target, ...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])]
  return [node, ...more.flatMap((other) => alternatives(other, root, seen))]
}

/** Only what zod and the like write: `#`, `#/definitions/x`, `#/$defs/x`. */
function referenced(reference: string, root: JsonSchema | undefined): Node {
  if (reference === '#') return root ?? true
  const name = /^#\/(?:definitions|\$defs)\/(.+)$/.exec(reference)?.[1]
  const definitions: Record<string, Node> = { ...root?.definitions, ...root?.$defs }
  return (name !== undefined && Object.hasOwn(definitions, name) && definitions[name]) || true
}
