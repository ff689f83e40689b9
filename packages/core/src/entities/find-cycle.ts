/**
 * A circle that can be reached from `starts`, as the ids along it with the first one again at the end, or `undefined`.
 * Without recursion, so that a chain of ten thousand tasks does not overflow the stack.
 */
export function findCycle(
  starts: Iterable<string>,
  edgesOf: (id: string) => readonly string[],
): readonly string[] | undefined {
  const done = new Set<string>()
  for (const start of starts) {
    if (done.has(start)) continue
    const path = [{ id: start, edges: edgesOf(start).values() }]
    const onPath = new Set([start])
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = step.edges.next().value
      if (next === undefined) {
        done.add(step.id)
        onPath.delete(step.id)
        path.pop()
      } else if (onPath.has(next)) {
        const ids = path.map(({ id }) => id)
        return [...ids.slice(ids.indexOf(next)), next]
      } else if (!done.has(next)) {
        path.push({ id: next, edges: edgesOf(next).values() })
        onPath.add(next)
      }
    }
  }
  return undefined
}
