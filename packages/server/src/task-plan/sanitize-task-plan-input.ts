import type { TaskPlanTaskState } from '@crux/core'
import { isHiddenReasoning } from './hidden-reasoning.ts'
import { cutChars, toDetail, toLabel } from './plan-text.ts'
import { normalizeToolName } from './tool-name.ts'

/** A state that an agent may report for a step that no tool works on (INJ-44). */
export type ReportedState = Exclude<TaskPlanTaskState, 'blocked'>

/** One step of a plan that an agent announced, as it is used. */
export interface SanitizedTask {
  readonly id: string
  readonly label: string
  readonly detail?: string
  /** In its normal form (INJ-80). */
  readonly toolName?: string
  readonly state?: ReportedState
}

/** Why an entry was left out. */
export type DroppedWhy = 'no-object' | 'no-label' | 'too-long' | 'hidden-reasoning' | 'rejected' | 'too-many'

/** What is left of a plan, and what was left out, by the index in the list that was given. */
export interface SanitizedTaskPlan {
  readonly tasks: readonly SanitizedTask[]
  readonly dropped: readonly { readonly index: number; readonly why: DroppedWhy }[]
}

/** Says that a text must not be shown. A throw counts as "may be shown". */
export type RejectText = (text: string, field: 'label' | 'detail') => boolean

/** What `sanitizeTaskPlanInput` takes. */
export interface SanitizeTaskPlanOptions {
  /** How many steps are kept: 1 to 50. Default 20. */
  readonly maxTasks?: number | undefined
  /** Refuses more than `isHiddenReasoning` does. */
  readonly rejectText?: RejectText | undefined
}

/** A step, and whether the agent named it: a name that was made up never finds an older step (INJ-43). */
export interface AnnouncedTask extends SanitizedTask {
  readonly isNamed: boolean
}

const maxEntries = 200
const maxIdChars = 80
// More is prose, not a label.
const maxTextChars = 400
const reportedStates: readonly ReportedState[] = ['pending', 'running', 'done', 'failed', 'skipped']

/**
 * What a plan tool was given, made safe to show (INJ-83): an object with an array `tasks`, or one as JSON text. At most
 * 200 entries are looked at, and the first `maxTasks` valid ones are kept. An entry needs a label; what else is wrong in
 * it is left out. Never throws.
 *
 * @example
 * sanitizeTaskPlanInput({ tasks: [{ label: 'Find people', toolName: 'customers__list_people' }] })
 */
export function sanitizeTaskPlanInput(
  input: unknown,
  options: SanitizeTaskPlanOptions = {},
): SanitizedTaskPlan {
  const { tasks, dropped } = readAnnouncement(input, options)
  return { tasks: tasks.map(({ isNamed: _, ...task }) => task), dropped }
}

/** `sanitizeTaskPlanInput`, and which ids the agent gave itself. */
export function readAnnouncement(
  input: unknown,
  { maxTasks = 20, rejectText = () => false }: SanitizeTaskPlanOptions,
): { readonly tasks: readonly AnnouncedTask[]; readonly dropped: SanitizedTaskPlan['dropped'] } {
  const limit = Math.min(Math.max(1, Math.trunc(maxTasks) || 1), 50)
  const taken = new Set<string>()
  const tasks: AnnouncedTask[] = []
  const dropped: { index: number; why: DroppedWhy }[] = []
  for (const [index, entry] of listOf(input).slice(0, maxEntries).entries()) {
    const read = readEntry(entry, rejectText)
    if (typeof read === 'string') {
      dropped.push({ index, why: read })
    } else if (tasks.length >= limit) {
      dropped.push({ index, why: 'too-many' })
    } else {
      const id = uniqueId(read.id ?? `agent-plan-${tasks.length + 1}`, (name) => taken.has(name))
      taken.add(id)
      tasks.push({ ...read, id, isNamed: read.id !== undefined })
    }
  }
  return { tasks, dropped }
}

/** `id`, or the first of `id-2`, `id-3`, … that is free. */
export function uniqueId(id: string, isTaken: (id: string) => boolean): string {
  if (!isTaken(id)) return id
  for (let number = 2; ; number++) {
    const candidate = `${id}-${number}`
    if (!isTaken(candidate)) return candidate
  }
}

/** A label as it may be shown, or why not. */
export function readLabel(value: unknown, rejectText: RejectText): { readonly label: string } | DroppedWhy {
  if (typeof value !== 'string') return 'no-label'
  const text = readText(value, 'label', rejectText)
  if (typeof text === 'string') return text
  const label = toLabel(text.text)
  return label === '' ? 'no-label' : { label }
}

/** A detail as it may be shown; `undefined` if it may not. */
export function readDetail(value: unknown, rejectText: RejectText): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = readText(value, 'detail', rejectText)
  return typeof text === 'string' ? undefined : toDetail(text.text) || undefined
}

/** An id of task-id characters, at most 80; `undefined` if nothing is left. */
export function readTaskId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const id = cutChars(value, 4 * maxIdChars)
    .trim()
    .replace(/\s+/g, '-')
    .replace(/[^A-Za-z0-9_.~-]/g, '')
  return id.slice(0, maxIdChars) || undefined
}

function listOf(input: unknown): readonly unknown[] {
  try {
    const plan: unknown = typeof input === 'string' ? JSON.parse(input) : input
    const tasks = typeof plan === 'object' && plan !== null && 'tasks' in plan ? plan.tasks : undefined
    return Array.isArray(tasks) ? tasks : []
  } catch {
    // No JSON, or an object whose getters throw: it announces nothing.
    return []
  }
}

type EntryFields = Omit<SanitizedTask, 'id'> & { readonly id?: string }

function readEntry(entry: unknown, rejectText: RejectText): EntryFields | DroppedWhy {
  if (typeof entry !== 'object' || entry === null) return 'no-object'
  try {
    return readFields(entry, rejectText)
  } catch {
    // A getter that throws: whatever it is, it did not come from JSON.
    return 'no-object'
  }
}

function readFields(entry: object, rejectText: RejectText): EntryFields | DroppedWhy {
  // Any object may be read as one with unknown fields.
  const fields = entry as Readonly<Record<string, unknown>>
  const read = readLabel(fields['label'], rejectText)
  if (typeof read === 'string') return read
  const id = readTaskId(fields['id'])
  const detail = readDetail(fields['detail'], rejectText)
  const toolName = normalizeToolName(fields['toolName'])
  const state = reportedStates.find((known) => known === fields['state'])
  return {
    ...(id !== undefined && { id }),
    label: read.label,
    ...(detail !== undefined && { detail }),
    ...(toolName !== undefined && { toolName }),
    ...(state !== undefined && { state }),
  }
}

function readText(
  text: string,
  field: 'label' | 'detail',
  rejectText: RejectText,
): { readonly text: string } | DroppedWhy {
  if (text.length > maxTextChars) return 'too-long'
  if (isHiddenReasoning(text)) return 'hidden-reasoning'
  return isRejected(text, field, rejectText) ? 'rejected' : { text }
}

function isRejected(text: string, field: 'label' | 'detail', rejectText: RejectText): boolean {
  try {
    return rejectText(text, field)
  } catch {
    return false
  }
}
