import { CruxError } from '@crux/core/errors'
import { parsePlanId } from '@crux/core/task-plan'
import { deriveTaskLabel } from './derive-task-label.ts'
import type { RejectText } from './sanitize-task-plan-input.ts'
import type { TaskPlanMapper, TaskPlanOptions, ToolChoice } from './task-plan-options.ts'
import { normalizeToolName, TASK_PLAN_TOOL_NAME } from './tool-name.ts'

/** What the name of a tool says. */
export interface KnownTool {
  /** In its normal form; `''` if there is none. */
  readonly toolName: string
  readonly isMeta: boolean
  readonly label: string
}

/** Options with their defaults, checked. */
export interface ResolvedOptions {
  readonly planId: string
  /** Whether `planId` was given; an id that was not may be replaced by that of a continued message. */
  readonly hasOwnPlanId: boolean
  readonly isTransient: boolean
  readonly isFlat: boolean
  readonly labelOf: TaskPlanMapper
  readonly detailOf: TaskPlanMapper
  readonly hasMapper: boolean
  /** Whether a mapper wants inputs and outputs; otherwise they need not be decoded. */
  readonly needsPayload: boolean
  readonly isOwnTask: (toolName: string) => boolean
  /** What a tool is by its name; anything may be given. */
  readonly toolOf: (name: unknown) => KnownTool
  readonly matchGeneric: boolean
  readonly agentStates: boolean
  readonly completeAnswerStep: boolean
  readonly hideMetaTool: boolean
  readonly maxTasks: number
  readonly rejectText: RejectText
  /** Whether an id that a message names may be continued: never one outside the scope of the store. */
  readonly isAdoptable: (planId: string) => boolean
  readonly reportError: (error: unknown) => void
}

/** Checks what shapes a plan. Throws `invalid-id`, `out-of-scope` or `invalid-value`. */
export function resolveOptions(options: TaskPlanOptions): ResolvedOptions {
  const {
    store,
    label,
    detail,
    rejectText,
    onError,
    includeTools,
    excludeTools,
    metaToolNames = [],
  } = options
  for (const name of functionNames) checkType(name, options[name], 'function')
  for (const name of flagNames) checkType(name, options[name], 'boolean')
  checkNumber('maxTasks', options.maxTasks, 1)
  checkNumber('maxInspectBytes', options.maxInspectBytes, 1)
  checkNumber('flushTimeoutMs', options.flushTimeoutMs, 0)
  const { format = 'data' } = options
  if (format !== 'data' && format !== 'flat') throw invalid('format', "'data' or 'flat'")

  const scope = store?.scopePrefix ?? ''
  const planId = parsePlanId(options.planId ?? scope + (options.newId ?? randomId)())
  if (!planId.startsWith(scope)) {
    throw new CruxError(
      'out-of-scope',
      `The plan "${planId}" lies outside the scope "${scope}" of its store: name it "${scope}<id>", or leave it out.`,
    )
  }

  const reportError = (error: unknown) => {
    try {
      onError?.(error)
    } catch {
      // There is nobody left to tell, and the stream must go on.
    }
  }
  /** Runs user code; a throw is reported and counts as `fallback`. */
  const guard = <Args extends unknown[], T>(run: (...args: Args) => T, fallback: T) => {
    return (...args: Args): T => {
      try {
        return run(...args)
      } catch (error) {
        reportError(error)
        return fallback
      }
    }
  }
  const metaNames = new Set<string | undefined>([
    TASK_PLAN_TOOL_NAME,
    ...metaToolNames.map(normalizeToolName),
  ])
  const isIncluded = includeTools ? guard(choiceOf(includeTools), true) : () => true
  const isExcluded = excludeTools ? guard(choiceOf(excludeTools), false) : () => false

  return {
    planId,
    hasOwnPlanId: options.planId !== undefined,
    isTransient: options.transient ?? false,
    isFlat: format === 'flat',
    labelOf: label ? guard(typeof label === 'function' ? label : labelsByName(label), undefined) : nothing,
    detailOf: detail ? guard(detail, undefined) : nothing,
    hasMapper: label !== undefined || detail !== undefined,
    needsPayload: typeof label === 'function' || detail !== undefined,
    isOwnTask: (toolName) => isIncluded(toolName) && !isExcluded(toolName),
    toolOf: remember((name) => {
      const toolName = normalizeToolName(name)
      return {
        toolName: toolName ?? '',
        isMeta: toolName !== undefined && metaNames.has(toolName),
        label: deriveTaskLabel(toolName),
      }
    }),
    matchGeneric: options.matchGeneric ?? false,
    agentStates: options.agentStates ?? true,
    completeAnswerStep: options.completeAnswerStep ?? false,
    hideMetaTool: options.hideMetaTool ?? false,
    maxTasks: Math.min(options.maxTasks ?? 20, 50),
    rejectText: rejectText ? guard(rejectText, false) : () => false,
    // A browser names the id. With a store it must be one that this store's own plans could have, and no other's.
    isAdoptable: (id) => !store || (id.startsWith(scope) && !id.slice(scope.length).includes(':')),
    reportError,
  }
}

const functionNames = [
  'detail',
  'rejectText',
  'onPlan',
  'onError',
  'onSkip',
  'consumeSseStream',
  'now',
  'newId',
] as const
const flagNames = ['transient', 'matchGeneric', 'agentStates', 'completeAnswerStep', 'hideMetaTool'] as const

function choiceOf(choice: ToolChoice): (toolName: string) => boolean {
  if (typeof choice === 'function') return choice
  const names = new Set(choice.map(normalizeToolName))
  return (toolName) => names.has(toolName)
}

function labelsByName(labels: Readonly<Record<string, string>>): TaskPlanMapper {
  const byName = new Map(Object.entries(labels).map(([name, label]) => [normalizeToolName(name), label]))
  return ({ toolName }) => byName.get(toolName)
}

// A stream calls few tools often.
const maxRemembered = 200

function remember(read: (name: unknown) => KnownTool): (name: unknown) => KnownTool {
  const known = new Map<unknown, KnownTool>()
  return (name) => {
    const tool = known.get(name) ?? read(name)
    if (typeof name === 'string' && known.size < maxRemembered) known.set(name, tool)
    return tool
  }
}

function nothing(): undefined {
  return undefined
}

function randomId(): string {
  return crypto.randomUUID()
}

function checkType(name: string, value: unknown, type: 'function' | 'boolean'): void {
  if (value !== undefined && typeof value !== type) throw invalid(name, `a ${type}`)
}

function checkNumber(name: string, value: number | undefined, atLeast: number): void {
  if (value !== undefined && !(typeof value === 'number' && value >= atLeast)) {
    throw invalid(name, `a number of at least ${atLeast}`)
  }
}

function invalid(name: string, expected: string): CruxError {
  return new CruxError('invalid-value', `The option "${name}" of the task plan has to be ${expected}.`)
}
