export { resolve } from './resolve-agent.ts'
export type { AgentOptions, ResolvedAgent } from './resolve-agent.ts'
