export { resolve } from './resolve-agent.ts'
export type { AgentOptions, ResolvedAgent } from './agent-settings.ts'
