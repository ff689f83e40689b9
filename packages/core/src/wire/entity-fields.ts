import type { EntityName } from '../entities/entity.ts'
import type { TaskListStatus } from '../entities/task-list.ts'
import { taskStatuses } from '../entities/task-status.ts'

type FieldCheck = (value: unknown) => boolean
type FieldTable = ReadonlyMap<string, FieldCheck>

/**
 * Whether `value` may be a value of `entity`: each field that has a type there has it, and nothing in it can reach a
 * prototype. Fields may be missing; fields that are not known may hold any JSON (CLI-13, REL-21).
 */
export function isEntityValue(
  entity: EntityName,
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return isObject(value) && hasFieldTypes(value, tables[entity])
}

/** True for an object that is no array. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const tables: Readonly<Record<EntityName, FieldTable>> = /* @__PURE__ */ fieldTables()

function fieldTables(): Record<EntityName, FieldTable> {
  const text: FieldCheck = (value) => typeof value === 'string'
  const number: FieldCheck = Number.isFinite
  const texts: FieldCheck = (value) => Array.isArray(value) && value.every(text)
  const json: FieldCheck = (value) => isObject(value) && isSafeJson(value, 1)
  const oneOf =
    (words: readonly unknown[]): FieldCheck =>
    (value) =>
      words.includes(value)
  const table = (fields: Readonly<Record<string, FieldCheck>>): FieldTable => new Map(Object.entries(fields))
  const object = (fields: Readonly<Record<string, FieldCheck>>): FieldCheck => {
    const types = table(fields)
    return (value) => isObject(value) && hasFieldTypes(value, types)
  }

  const listStatuses: readonly TaskListStatus[] = [
    'pending',
    'in_progress',
    'completed',
    'failed',
    'cancelled',
    'discarded',
  ]
  const every = { id: text, metadata: json, createdAt: number, updatedAt: number, removedAt: number }
  const discardable = { discardedAt: number, discardReason: text }
  return {
    plan: table({ ...every, ...discardable, title: text, content: text, version: number }),
    tasklist: table({
      ...every,
      ...discardable,
      planId: text,
      title: text,
      status: oneOf(listStatuses),
      counts: object(Object.fromEntries(taskStatuses.map((status) => [status, number]))),
      lastPosition: number,
      startedAt: number,
      completedAt: number,
    }),
    task: table({
      ...every,
      taskListId: text,
      label: text,
      description: text,
      status: oneOf(taskStatuses),
      position: number,
      parentId: text,
      dependsOn: texts,
      progress: text,
      percent: number,
      assignee: object({ agent: text, model: text }),
      attempt: number,
      usage: object({ inputTokens: number, outputTokens: number, costUsd: number }),
      error: text,
      reason: text,
      startedAt: number,
      endedAt: number,
      durationMs: number,
    }),
  }
}

function hasFieldTypes(value: Readonly<Record<string, unknown>>, types: FieldTable): boolean {
  for (const name in value) {
    const field = value[name]
    const isRight = types.get(name)
    if (field !== undefined && !(isRight ? isRight(field) : isSafeName(name) && isSafeJson(field, 1)))
      return false
  }
  return true
}

function isSafeJson(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  // The limit of the store (ENT-4); without one a deep value would overflow the stack here and in every reader.
  if (depth > 100) return false
  if (Array.isArray(value)) return value.every((item) => isSafeJson(item, depth + 1))
  return Object.entries(value).every(([name, field]) => isSafeName(name) && isSafeJson(field, depth + 1))
}

function isSafeName(name: string): boolean {
  return name !== '__proto__' && name !== 'constructor' && name !== 'prototype'
}
