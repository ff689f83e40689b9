import { toDetail, toLabel } from './plan-text.ts'
import type { ResolvedOptions } from './resolve-options.ts'
import type { TaskPlanCall } from './task-plan-options.ts'
import type { CallState, PlanTask } from './task-plan-state.ts'
import type { ChunkFields } from './chunk-fields.ts'

/**
 * The call with what mappers say of it after this chunk (INJ-81, INJ-82). Only a task of our own is named by a mapper,
 * and a step that the agent announced keeps its detail until there is an output.
 */
export function describeCall(
  call: CallState,
  source: PlanTask['source'],
  phase: TaskPlanCall['phase'],
  chunk: ChunkFields,
  { labelOf, detailOf, hasMapper }: ResolvedOptions,
): CallState {
  const { title } = call
  const isInput = phase.startsWith('input')
  const isPreliminary = phase === 'output-available' && chunk['preliminary'] === true
  if (!hasMapper) {
    const titled = call.label ?? (title === undefined ? undefined : toLabel(title) || undefined)
    return titled === call.label ? call : { ...call, label: titled }
  }
  const info = infoOf(call, phase, chunk, isPreliminary)
  const label = isInput && source === 'runtime' ? textOf(labelOf(info), toLabel) || undefined : undefined
  const detail = isInput && source === 'agent' ? undefined : textOf(detailOf(info), toDetail)
  return {
    ...call,
    label: label ?? call.label ?? (title === undefined ? undefined : toLabel(title) || undefined),
    detail: isPreliminary ? call.detail : (detail ?? call.detail),
    progress: isPreliminary ? (detail ?? call.progress) : isInput ? call.progress : undefined,
  }
}

function infoOf(
  { toolCallId, toolName, title, isDynamic, isProviderExecuted }: CallState,
  phase: TaskPlanCall['phase'],
  { input, output, errorText, truncated }: ChunkFields,
  isPreliminary: boolean,
): TaskPlanCall {
  return {
    toolCallId,
    toolName,
    ...(title !== undefined && { title }),
    phase,
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    ...(typeof errorText === 'string' && { errorText }),
    ...(phase === 'output-available' && { preliminary: isPreliminary }),
    ...(isDynamic && { dynamic: true }),
    ...(isProviderExecuted && { providerExecuted: true }),
    ...(truncated === true && { truncated: true }),
  }
}

/** What a mapper gave, which its type promises to be text. */
function textOf(given: unknown, clean: (text: string) => string): string | undefined {
  return typeof given === 'string' ? clean(given) : undefined
}
