import { maxTasksOfPlan } from './introduce-call.ts'
import {
  readAnnouncement,
  uniqueId,
  type AnnouncedTask,
  type ReportedState,
} from './sanitize-task-plan-input.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import {
  isOver,
  isSameTask,
  showTask,
  type OwnOutcome,
  type PlanTask,
  type TaskPlanState,
} from './task-plan-state.ts'

/**
 * The state after the agent announced its steps, once more or for the first time (INJ-43). What is over stays in front,
 * then come the steps in the order announced, then what is still being worked on without a place among them. The same
 * state if nothing that is shown changes.
 */
export function replan(
  state: TaskPlanState,
  input: unknown,
  at: number,
  options: ResolvedOptions,
): TaskPlanState {
  const { tasks: announced } = readAnnouncement(input, options)
  if (announced.length === 0) return state

  const matches = matchSteps(state.tasks, announced)
  const matched = new Set(matches.values())
  const others = state.tasks.filter((task) => !matched.has(task))
  const finished = others.filter(isOver)
  const inFlight = others.filter((task) => !isOver(task) && task.callIds.length > 0)

  const taken = new Set([...finished, ...inFlight, ...matched].map(({ id }) => id))
  const steps = announced.map((entry): PlanTask => {
    const old = matches.get(entry)
    const id = old?.id ?? uniqueId(entry.id, (name) => taken.has(name))
    taken.add(id)
    const task: Omit<PlanTask, 'shown'> & Partial<PlanTask> = {
      ...(old ?? newStep),
      id,
      label: entry.label,
      detail: entry.detail,
      toolName: entry.toolName,
      own: ownOutcome(old, entry, at, options.agentStates),
      isSettled: false,
    }
    return { ...task, shown: showTask(task, state.calls) }
  })
  const tasks = withinLimit([...finished, ...steps, ...inFlight])
  const isSame =
    tasks.length === state.tasks.length &&
    tasks.every(({ shown }, index) => {
      const before = state.tasks[index]
      return before !== undefined && isSameTask(before.shown, shown)
    })
  return isSame ? state : { ...state, tasks }
}

const newStep = {
  source: 'agent',
  callIds: [],
  hasUpdatePart: false,
} as const

/** Which step each entry continues: by the id that the agent gave, then by label, each step once. */
function matchSteps(
  tasks: readonly PlanTask[],
  announced: readonly AnnouncedTask[],
): Map<AnnouncedTask, PlanTask> {
  const free = new Set(tasks.filter(({ source }) => source === 'agent'))
  const labels = new Map([...free].map((task) => [task, comparable(task.label)]))
  const matches = new Map<AnnouncedTask, PlanTask>()
  const match = (entry: AnnouncedTask, isMatch: (task: PlanTask) => boolean) => {
    if (matches.has(entry)) return
    const step = [...free].find(isMatch)
    if (!step) return
    matches.set(entry, step)
    free.delete(step)
  }
  for (const entry of announced) if (entry.isNamed) match(entry, ({ id }) => id === entry.id)
  for (const entry of announced) {
    const label = comparable(entry.label)
    match(entry, (task) => labels.get(task) === label)
  }
  return matches
}

function comparable(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .replace(/[\p{P}\s]+$/u, '')
}

/** INJ-44: what the agent reports counts where no tool works, and reopens nothing. */
function ownOutcome(
  old: PlanTask | undefined,
  { toolName, state }: AnnouncedTask,
  at: number,
  agentStates: boolean,
): OwnOutcome {
  const own = old?.own ?? { state: 'pending' }
  const isReportable =
    agentStates && toolName === undefined && (!old || (old.callIds.length === 0 && !isOver(old)))
  return !isReportable || state === undefined || state === own.state ? own : reported(own, state, at)
}

function reported(own: OwnOutcome, state: ReportedState, at: number): OwnOutcome {
  if (state === 'pending') return { state }
  const startedAt = own.startedAt ?? (state === 'skipped' ? undefined : at)
  return {
    state,
    reason: 'reported',
    ...(startedAt !== undefined && { startedAt }),
    ...(state !== 'running' && { endedAt: at }),
  }
}

/** At most 200 tasks: the oldest that are over leave, then steps that have not begun, from the end. */
function withinLimit(tasks: readonly PlanTask[]): readonly PlanTask[] {
  let surplus = tasks.length - maxTasksOfPlan
  const kept = tasks.filter((task) => surplus <= 0 || !isOver(task) || surplus-- <= 0)
  const canWait = (task: PlanTask) => task.callIds.length === 0 && !isOver(task)
  return kept
    .toReversed()
    .filter((task) => surplus <= 0 || !canWait(task) || surplus-- <= 0)
    .toReversed()
}
