import type { EntityName } from '../entities/entity.ts'
import { taskStatuses } from '../entities/task-status.ts'
import { isObject } from '../json/is-object.ts'

type Fields = Readonly<Record<string, unknown>>
type Check = (value: unknown) => boolean

export { isObject }

/**
 * Whether `value` may be a value of `entity`: each field that has a type there has it, and nothing in it can reach a
 * prototype. Fields may be missing; fields that are not known may hold any JSON (CLI-13, REL-21).
 */
export function isEntityValue(entity: EntityName, value: unknown): value is Fields {
  return shapes[entity](value)
}

const shapes: Readonly<Record<EntityName, Check>> = /* @__PURE__ */ entityShapes()

function entityShapes(): Record<EntityName, Check> {
  const isText: Check = (value) => typeof value === 'string'
  const isNumber: Check = Number.isFinite
  const oneOf =
    (words: readonly unknown[]): Check =>
    (value) =>
      words.includes(value)

  /** An object: the names of its texts, the names of its numbers, and its other fields. */
  function shape(texts: string, numbers: string, others: Readonly<Record<string, Check>> = {}): Check {
    const checks = new Map(Object.entries(others))
    for (const name of texts.split(' ')) checks.set(name, isText)
    for (const name of numbers.split(' ')) checks.set(name, isNumber)
    return (value) => isObject(value) && isSafe(value, checks)
  }

  const times = 'createdAt updatedAt removedAt'
  const metadata: Check = (value) => isObject(value) && isSafe(value)
  return {
    plan: shape('id title content discardReason', `${times} version discardedAt`, { metadata }),
    tasklist: shape(
      'id planId title discardReason',
      `${times} lastPosition startedAt completedAt discardedAt`,
      {
        metadata,
        status: oneOf(['pending', 'in_progress', 'completed', 'failed', 'cancelled', 'discarded']),
        counts: shape('', taskStatuses.join(' ')),
      },
    ),
    task: shape(
      'id taskListId label description parentId progress error reason',
      `${times} position percent attempt startedAt endedAt durationMs`,
      {
        metadata,
        status: oneOf(taskStatuses),
        dependsOn: (value) => Array.isArray(value) && value.every(isText),
        assignee: shape('agent model', ''),
        usage: shape('', 'inputTokens outputTokens costUsd'),
      },
    ),
  }
}

// The store allows 100 (ENT-4). Without a limit the stack would overflow, here or in a reader.
const maxDepth = 100

/** Whether each field passes its check, and nothing at any depth can reach a prototype. */
function isSafe(value: Fields, checks?: ReadonlyMap<string, Check>, depth = 1): boolean {
  if (depth > maxDepth) return false
  for (const name in value) {
    const field = value[name]
    const check = checks?.get(name)
    if (check) {
      if (field !== undefined && !check(field)) return false
    } else if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      return false
    } else if (hasFields(field) && !isSafe(field, undefined, depth + 1)) {
      return false
    }
  }
  return true
}

function hasFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}
