import { cutChars } from './plan-text.ts'

/** The plan tool's name in its normal form (INJ-80). */
export const TASK_PLAN_TOOL_NAME = 'meta.update_task_plan'

/** The key to register the plan tool under: providers refuse dots in names. */
export const TASK_PLAN_TOOL_KEY = 'meta__update_task_plan'

const maxNameChars = 160

/**
 * A tool's name in its normal form: `customers__list_people` is `customers.list_people`. Only letters and digits of any
 * script and `.`, `_`, `:`, `-` stay, at most 160 characters. `undefined` if nothing is left (INJ-80).
 */
export function normalizeToolName(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  const normal = cutChars(name, 4 * maxNameChars)
    .normalize('NFKC')
    .trim()
    .replaceAll('__', '.')
    .replace(/[^\p{L}\p{N}._:-]/gu, '')
  return cutChars(normal, maxNameChars) || undefined
}

/** True for the plan tool's name in any form, and for one of `otherNames` (INJ-80). */
export function isTaskPlanToolName(name: unknown, otherNames: readonly string[] = []): boolean {
  const normal = normalizeToolName(name)
  return (
    normal !== undefined &&
    (normal === TASK_PLAN_TOOL_NAME || otherNames.some((other) => normalizeToolName(other) === normal))
  )
}
