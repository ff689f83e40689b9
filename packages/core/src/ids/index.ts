export { checkScope, parseScope } from './scope.ts'
export { parseId, parseKey, parseTaskKey, resolveKey, splitTaskKey, taskKey } from './key.ts'
export { newId } from './new-id.ts'
