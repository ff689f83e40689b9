import { useTasks } from '@crux/react'
import { Approvals } from './approvals.tsx'
import { type OutlineNode, outlineOf } from './outline.ts'
import { StageRow, TaskRow } from './task-row.tsx'
import styles from './task-tree.module.css'

/** The tasks as a tree. It renders when a task comes, goes or moves; what happens to a task renders its row alone. */
export function TaskTree({ listId }: { readonly listId: string }) {
  const outline = useTasks(listId, { tree: true, select: outlineOf, isEqual: sameShape })
  return <Nodes listId={listId} nodes={outline ?? []} />
}

function Nodes({ listId, nodes }: { readonly listId: string; readonly nodes: readonly OutlineNode[] }) {
  return (
    <ul className={styles.nodes}>
      {nodes.map(({ id, children }) =>
        children.length > 0 ? (
          <li key={id} className={styles.stage}>
            <StageRow listId={listId} taskId={id} />
            <Nodes listId={listId} nodes={children} />
          </li>
        ) : (
          <li key={id} className={styles.task}>
            <TaskRow listId={listId} taskId={id} />
            <Approvals listId={listId} taskId={id} />
          </li>
        ),
      )}
    </ul>
  )
}

function sameShape(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
