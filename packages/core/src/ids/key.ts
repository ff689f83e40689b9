import { CruxError } from '../errors/index.ts'
import { hasKeyForm, keyRule, quoted } from './key-syntax.ts'
import { checkScope } from './scope.ts'

/** Checks an id that is local to its owner, such as a task's id in its list, and gives it back (ENT-3). */
export function parseId(id: string): string {
  if (hasKeyForm('id', id)) return id
  throw invalidId(id, 'no id: expected')
}

/**
 * The key of a plan or task list: `id` without a colon is relative to `scopePrefix`, with one it is the key itself
 * and must lie inside the scope (ENT-3). Throws `invalid-id` or `out-of-scope`.
 */
export function resolveKey(scopePrefix: string, id: string): string {
  const key = typeof id === 'string' && !id.includes(':') ? scopePrefix + id : id
  if (!hasKeyForm('key', key)) throw invalidId(id, 'no id: expected <id> or <scope><id>,')
  checkScope(scopePrefix, key)
  return key
}

/** The key of a task: `<taskListId>/<taskId>`, where the list's id is its key (ENT-3). Throws `invalid-id`. */
export function taskKey(taskListId: string, taskId: string): string {
  return parseTaskKey(`${taskListId}/${parseId(taskId)}`)
}

/** The list's key and the task's local id, out of a task's key. Throws `invalid-id`. */
export function splitTaskKey(key: string): { readonly taskListId: string; readonly id: string } {
  const slash = parseTaskKey(key).lastIndexOf('/')
  return { taskListId: key.slice(0, slash), id: key.slice(slash + 1) }
}

/** Checks a whole key of a plan or task list, `<scope><id>`, and gives it back; `invalid-id` otherwise (ENT-3). */
export function parseKey(key: string): string {
  if (hasKeyForm('key', key)) return key
  throw invalidId(key, 'no key of a plan or task list: expected <scope><id>,')
}

/** Checks a whole key of a task, `<list key>/<task id>`, and gives it back; `invalid-id` otherwise (ENT-3). */
export function parseTaskKey(key: string): string {
  if (hasKeyForm('task-key', key)) return key
  throw invalidId(key, 'no key of a task: expected <list key>/<task id>,')
}

function invalidId(text: unknown, expected: string): CruxError {
  return new CruxError('invalid-id', `${quoted(text)} is ${expected} ${keyRule}.`)
}
