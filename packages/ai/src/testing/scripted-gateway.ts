import type { SdkGateway } from '../gateway/sdk-gateway.ts'

type Arguments<Name extends keyof SdkGateway> = Parameters<SdkGateway[Name]>[0]
type Answer<Name extends keyof SdkGateway> = ReturnType<SdkGateway[Name]>

/** What each function answers: a result, or a function of its arguments that gives one. */
export type GatewayHandlers = {
  readonly [Name in keyof SdkGateway]?: Awaited<Answer<Name>> | SdkGateway[Name]
}

/** A gateway that calls nothing. */
export interface ScriptedGateway extends SdkGateway {
  /** The arguments of each call, by function, in order. */
  readonly calls: { readonly [Name in keyof SdkGateway]: readonly Arguments<Name>[] }
}

/**
 * A gateway for `createCruxAi` that records what the SDK would be given and answers with the given results (AI-75). A
 * function without a handler throws and says which.
 */
export function scriptedGateway(handlers: GatewayHandlers): ScriptedGateway {
  const calls: { [Name in keyof SdkGateway]: Arguments<Name>[] } = {
    generateText: [],
    streamText: [],
    embedMany: [],
    rerank: [],
  }
  return {
    calls,
    generateText: async (options) => {
      calls.generateText.push(options)
      const { generateText = missing('generateText') } = handlers
      return typeof generateText === 'function' ? generateText(options) : generateText
    },
    streamText: (options) => {
      calls.streamText.push(options)
      const { streamText = missing('streamText') } = handlers
      return typeof streamText === 'function' ? streamText(options) : streamText
    },
    embedMany: async (options) => {
      calls.embedMany.push(options)
      const { embedMany = missing('embedMany') } = handlers
      return typeof embedMany === 'function' ? embedMany(options) : embedMany
    },
    rerank: async (options) => {
      calls.rerank.push(options)
      const { rerank = missing('rerank') } = handlers
      return typeof rerank === 'function' ? rerank(options) : rerank
    },
  }
}

function missing(name: keyof SdkGateway): never {
  throw new Error(`scriptedGateway has no handler for ${name}`)
}
