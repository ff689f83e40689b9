import type { StreamChunk } from './stream-chunk.ts'

/** The texts of a turn, in the order in which they were opened; those without characters are not shown. */
export interface TurnTexts {
  readonly texts: readonly string[]
  /** Where the open text of a key is in `texts`. */
  readonly open: ReadonlyMap<string, number>
  /** The ids and nodes whose characters came in deltas. */
  readonly ids: ReadonlySet<string>
  readonly nodes: ReadonlySet<string>
  /** Any characters came in deltas. */
  readonly isStreamed: boolean
}

/** A turn without texts. */
export const noTexts: TurnTexts = /* @__PURE__ */ (() => ({
  texts: [],
  open: new Map(),
  ids: new Set(),
  nodes: new Set(),
  isStreamed: false,
}))()

/** Folds a chunk into the texts of its turn (STR-29, STR-30). The same object if nothing changed. */
export function applyToTexts(state: TurnTexts, chunk: StreamChunk): TurnTexts {
  switch (chunk.type) {
    case 'text-start':
      return openText(state, keyOf(chunk))
    case 'text-delta': {
      if (chunk.delta === '') return state
      const key = keyOf(chunk)
      const opened = state.open.has(key) ? state : openText(state, key)
      const at = opened.open.get(key)
      return {
        ...opened,
        texts: opened.texts.map((text, index) => (index === at ? text + chunk.delta : text)),
        ids: withName(state.ids, chunk.id),
        nodes: withName(state.nodes, chunk.node),
        isStreamed: true,
      }
    }
    case 'text-end': {
      const key = keyOf(chunk)
      if (!state.open.has(key)) return state
      return { ...state, open: new Map([...state.open].filter(([other]) => other !== key)) }
    }
    case 'message':
      return wasStreamed(state, chunk) ? state : { ...state, texts: [...state.texts, chunk.content] }
    default:
      return state
  }
}

function wasStreamed(
  state: TurnTexts,
  { id, node }: { readonly id?: string; readonly node?: string },
): boolean {
  if (id !== undefined) return state.ids.has(id)
  return node === undefined ? state.isStreamed : state.nodes.has(node)
}

function keyOf({ id, node }: { readonly id?: string; readonly node?: string }): string {
  return id ?? node ?? ''
}

function openText(state: TurnTexts, key: string): TurnTexts {
  return { ...state, texts: [...state.texts, ''], open: new Map(state.open).set(key, state.texts.length) }
}

function withName(names: ReadonlySet<string>, name: string | undefined): ReadonlySet<string> {
  return name === undefined || names.has(name) ? names : new Set([...names, name])
}
