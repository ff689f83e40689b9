/** Why a task is blocked, failed or skipped (INJ-15). */
export type TaskPlanReason = (typeof reasons)[number]

const reasons = [
  'approval',
  'client',
  'provider',
  'denied',
  'tool-error',
  'invalid-input',
  'incomplete-input',
  'no-result',
  'length',
  'content-filter',
  'interrupted',
  'error',
  'aborted',
  'disconnected',
  'cancelled',
  'not-started',
  'not-reported',
  'reported',
] as const

/** The reason, if it is one of ours. */
export function readReason(value: unknown): TaskPlanReason | undefined {
  return reasons.find((reason) => reason === value)
}
