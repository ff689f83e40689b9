/**
 * Joins lists of guards or constraints, from the least specific scope to the most specific: contexts, prompt, call. A
 * name in a later scope replaces all of that name before it, and what is left keeps its scope's place in the order
 * (AI-35, AI-45). Inside one scope a name may stand twice; the same object counts once.
 */
export function mergeByName<Item extends { readonly name: string }>(
  ...scopes: readonly (readonly Item[] | undefined)[]
): readonly Item[] {
  return scopes.reduce<readonly Item[]>((merged, scope = []) => {
    const names = new Set(scope.map(({ name }) => name))
    return [...merged.filter(({ name }) => !names.has(name)), ...new Set(scope)]
  }, [])
}
