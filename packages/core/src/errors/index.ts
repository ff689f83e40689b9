export { CruxError } from './crux-error.ts'
export type { CruxErrorCode, CruxErrorOptions } from './crux-error.ts'
