import type { TaskNode } from '@crux/core/client'

/** A task's place in the tree: all that stays the same while it is worked on. */
export interface OutlineNode {
  readonly id: string
  readonly children: readonly OutlineNode[]
}

export function outlineOf(nodes: readonly TaskNode[]): readonly OutlineNode[] {
  return nodes.map(({ task, children }) => ({ id: task.id, children: outlineOf(children) }))
}
