import { CruxError } from '../errors/index.ts'
import { maxKeyLength, quoted } from './key-syntax.ts'
import { isInScope } from './scope.ts'

const idPattern = /^[A-Za-z0-9_.~-]{1,128}$/
const keyPattern = /^(?:[A-Za-z0-9_.~-]{1,128}:)*[A-Za-z0-9_.~-]{1,128}$/
const taskKeyPattern = /^(?:[A-Za-z0-9_.~-]{1,128}:)*[A-Za-z0-9_.~-]{1,128}\/[A-Za-z0-9_.~-]{1,128}$/

const rule = 'segments and ids of 1 to 128 characters out of A-Z a-z 0-9 _ . ~ -, at most 512 together'

/** Checks an id that is local to its owner, such as a task's id in its list (ENT-3). `invalid-id` otherwise. */
export function parseId(id: string): string {
  if (typeof id === 'string' && idPattern.test(id)) return id
  throw new CruxError(
    'invalid-id',
    `${quoted(id)} is no id: an id has 1 to 128 characters out of A-Z a-z 0-9 _ . ~ -.`,
  )
}

/**
 * The key of a plan or task list: `id` without a colon is relative to `scopePrefix`, with one it is the key itself
 * and must lie inside the scope (ENT-3). Throws `invalid-id` or `out-of-scope`.
 */
export function resolveKey(scopePrefix: string, id: string): string {
  const key = typeof id === 'string' && !id.includes(':') ? scopePrefix + id : id
  if (!isText(key) || !keyPattern.test(key)) {
    throw new CruxError('invalid-id', `${quoted(id)} is no id: expected <id> or <scope><id>, ${rule}.`)
  }
  checkScope(scopePrefix, key)
  return key
}

/** The key of a task: `<taskListId>/<taskId>`, where the list's id is its key (ENT-3). Throws `invalid-id`. */
export function taskKey(taskListId: string, taskId: string): string {
  return parseTaskKey(`${taskListId}/${parseId(taskId)}`)
}

/** The list's key and the task's local id of a task's key. Throws `invalid-id`. */
export function splitTaskKey(key: string): { readonly taskListId: string; readonly id: string } {
  const slash = parseTaskKey(key).lastIndexOf('/')
  return { taskListId: key.slice(0, slash), id: key.slice(slash + 1) }
}

/** Checks a whole key of a plan or task list, `<scope><id>`, and gives it back; `invalid-id` otherwise (ENT-3). */
export function parseKey(key: string): string {
  if (isText(key) && keyPattern.test(key)) return key
  throw new CruxError(
    'invalid-id',
    `${quoted(key)} is no key of a plan or task list: expected <scope><id>, ${rule}.`,
  )
}

/** Checks a whole key of a task, `<list key>/<task id>`, and gives it back; `invalid-id` otherwise (ENT-3). */
export function parseTaskKey(key: string): string {
  if (isText(key) && taskKeyPattern.test(key)) return key
  throw new CruxError(
    'invalid-id',
    `${quoted(key)} is no key of a task: expected <list key>/<task id>, ${rule}.`,
  )
}

/** Throws `out-of-scope` unless `key` lies inside `scopePrefix` (D6). */
export function checkScope(scopePrefix: string, key: string): void {
  if (isInScope(scopePrefix, key)) return
  throw new CruxError(
    'out-of-scope',
    `${quoted(key)} lies outside the scope ${quoted(scopePrefix)}: use a store whose scope contains it.`,
  )
}

// Keys come from programs and requests, whatever their types say.
function isText(key: unknown): boolean {
  return typeof key === 'string' && key.length <= maxKeyLength
}
