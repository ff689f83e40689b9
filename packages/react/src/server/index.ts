export { cruxSSEHandler } from '@crux/server'
export type { CruxSSEHandler, CruxSSEHandlerOptions } from '@crux/server'
