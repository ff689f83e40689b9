import { oneLine } from '../commands/agent-context.ts'
import { doneAndTotal } from '../entities/task-counts.ts'
import type { TaskList } from '../entities/task-list.ts'
import { activeInOrder } from '../entities/task-order.ts'
import { taskTree, type TaskNode } from '../entities/task-tree.ts'
import type { Task, TaskStatus } from '../entities/task.ts'

/** Makes the text of a list's context. What it throws, `system()` throws. */
export type RenderTaskList = (input: {
  readonly list: TaskList
  /** In position order, removed ones left out. */
  readonly tasks: readonly Task[]
}) => string | Promise<string>

const maxLines = 200

const icons: Readonly<Record<TaskStatus, string>> = {
  pending: '○',
  in_progress: '◐',
  completed: '✓',
  failed: '✗',
  skipped: '↷',
  cancelled: '⊘',
}

/** A list as text for a model: how far it is, then a line per task, children under their parents (TASK-11). */
export const renderTaskList: RenderTaskList = ({ list, tasks }) => {
  const { done, total } = doneAndTotal(list.counts)
  const lines = [
    `## Tasks${list.title === undefined ? '' : `: ${oneLine(list.title)}`} (${done}/${total} done)`,
    '',
  ]

  // A stack, not recursion: nothing bounds how deep tasks nest.
  const waiting = branches(taskTree(activeInOrder(tasks)), 0)
  let shown = 0
  for (let next = waiting.pop(); next !== undefined && shown < maxLines; next = waiting.pop()) {
    lines.push(`${'  '.repeat(next.depth)}${taskLine(next.node.task)}`)
    for (const branch of branches(next.node.children, next.depth + 1)) waiting.push(branch)
    shown += 1
  }
  if (tasks.length > shown) lines.push(`… and ${tasks.length - shown} more`)
  return lines.join('\n').trimEnd()
}

/** Icon, label, id, then status, percentage, progress and who works on it: `◐ Build [build] in_progress, 40 %: linking`. */
function taskLine({ id, label, ...rest }: Task): string {
  return `${icons[rest.status]} ${oneLine(label)} [${id}] ${taskState(rest)}`
}

/** `in_progress, 40 %: linking (coder)` */
export function taskState({ status, percent, progress, assignee }: Omit<Task, 'id' | 'label'>): string {
  const share = percent === undefined ? '' : `, ${percent} %`
  const message = progress === undefined ? '' : `: ${oneLine(progress)}`
  const who = [assignee?.agent, assignee?.model].flatMap((name) =>
    name === undefined ? [] : [oneLine(name)],
  )
  return `${status}${share}${message}${who.length === 0 ? '' : ` (${who.join(', ')})`}`
}

function branches(nodes: readonly TaskNode[], depth: number) {
  return nodes.map((node) => ({ node, depth })).reverse()
}
