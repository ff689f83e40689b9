export { isInScope, parseScope } from './scope.ts'
export { checkScope, parseId, parseKey, parseTaskKey, resolveKey, splitTaskKey, taskKey } from './key.ts'
export { newId } from './new-id.ts'
