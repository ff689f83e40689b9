import type { JsonObject } from '../json/json-value.ts'
import { discarded, invalidValue, wrongVersion } from './entity-errors.ts'
import { mergeMetadata } from './merge-metadata.ts'
import type { Plan } from './plan.ts'

/** What a new plan is made of. */
export interface NewPlan {
  /** Relative to the store's scope, or absolute with its colons (ENT-3). Without it a new one is made. */
  readonly id?: string
  /** 1 to 500 characters after trimming. */
  readonly title: string
  /** Default `''`. */
  readonly content?: string
  readonly metadata?: JsonObject
}

/** What may change about a plan; what is left out stays. */
export interface PlanPatch {
  /** 1 to 500 characters after trimming. */
  readonly title?: string
  readonly content?: string
  /** Merged one level deep; `null` removes a key. */
  readonly metadata?: JsonObject
}

/** A patch that may insist on the version it was made for. */
export interface PlanUpdate extends PlanPatch {
  /** Only change a plan that is at this version; another one is `conflict`. */
  readonly ifVersion?: number
}

const maxTitleLength = 500

/** A new plan, at version 1 (PLAN-1). Throws `invalid-value` for a title that is empty or too long. */
export function newPlan(
  { title, content = '', metadata }: Omit<NewPlan, 'id'>,
  id: string,
  now: number,
): Plan {
  return {
    id,
    title: parseTitle(title),
    content,
    version: 1,
    ...(metadata && { metadata }),
    createdAt: now,
    updatedAt: now,
  }
}

/**
 * The plan after an update. A changed title or content makes a new version, metadata alone does not; the same object
 * comes back when nothing changes (PLAN-2, PLAN-3). Throws `discarded`, or `conflict` at another version.
 */
export function applyPlanUpdate(
  plan: Plan,
  { ifVersion = plan.version, ...patch }: PlanUpdate,
  now: number,
): Plan {
  if (plan.discardedAt !== undefined) throw discarded('plan', plan)
  if (ifVersion !== plan.version) throw wrongVersion(plan, ifVersion)
  const title = patch.title === undefined ? plan.title : parseTitle(patch.title)
  const content = patch.content ?? plan.content
  const metadata = mergeMetadata(plan.metadata, patch.metadata)
  const isNewText = title !== plan.title || content !== plan.content
  if (!isNewText && metadata === plan.metadata) return plan
  const version = isNewText ? plan.version + 1 : plan.version
  return { ...plan, title, content, version, ...(metadata && { metadata }), updatedAt: now }
}

/** The plan after it was given up; the same object when it already was (PLAN-5). */
export function discardPlan(plan: Plan, reason: string | undefined, now: number): Plan {
  if (plan.discardedAt !== undefined) return plan
  return { ...plan, updatedAt: now, discardedAt: now, ...(reason !== undefined && { discardReason: reason }) }
}

function parseTitle(text: string): string {
  const title = text.trim()
  const { length } = title
  if (length >= 1 && length <= maxTitleLength) return title
  const problem = length === 0 ? 'is empty' : `has more than ${maxTitleLength} characters`
  throw invalidValue('Plan', '$.title', `${problem}; give 1 to ${maxTitleLength}`)
}
