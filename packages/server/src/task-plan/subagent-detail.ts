import { deriveTaskLabel } from './derive-task-label.ts'
import { isRecord } from './is-record.ts'
import type { TaskPlanCall } from './task-plan-options.ts'

/**
 * A `detail` mapper for tools that run another agent and give its message as preliminary outputs: the label of the
 * newest tool that the other agent is using (INJ-34).
 *
 * @example
 * injectTaskPlanIntoStream(response, { detail: subagentDetail })
 */
export function subagentDetail({ output }: Pick<TaskPlanCall, 'output'>): string | undefined {
  const parts = isRecord(output) ? output['parts'] : undefined
  if (!Array.isArray(parts)) return undefined
  const newest: unknown = parts.findLast(isOpenTool)
  if (!isRecord(newest)) return undefined
  const { type, toolName } = newest
  return deriveTaskLabel(type === 'dynamic-tool' ? String(toolName) : String(type).slice('tool-'.length))
}

function isOpenTool(part: unknown): boolean {
  if (!isRecord(part) || typeof part['type'] !== 'string') return false
  const isTool = part['type'].startsWith('tool-') || part['type'] === 'dynamic-tool'
  const hasEnded = String(part['state']).startsWith('output-') && part['preliminary'] !== true
  return isTool && !hasEnded
}
