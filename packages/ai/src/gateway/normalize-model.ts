import type { LanguageModel } from 'ai'
import { sdk } from './sdk-gateway.ts'
import type { LanguageModelV4 } from './sdk-types.ts'

type ModelObject = Exclude<LanguageModel, string>

/** Lifted once each: the SDK warns about a model of specification 2 whenever it lifts one. */
const lifted = new WeakMap<ModelObject, LanguageModelV4>()

/**
 * Any model as one of provider specification 4, for what has to stand in front of it (AI-37). One of specification 4
 * comes back as it is; an older one is lifted by the SDK; a string id is looked up as the SDK would, in
 * `globalThis.AI_SDK_DEFAULT_PROVIDER` or else in the SDK's gateway.
 */
export function toModelV4(model: LanguageModel): LanguageModelV4 {
  if (typeof model === 'string') {
    return lift((globalThis.AI_SDK_DEFAULT_PROVIDER ?? sdk().gateway).languageModel(model))
  }
  return lift(model)
}

function lift(model: ModelObject): LanguageModelV4 {
  if (model.specificationVersion === 'v4') return model
  const known = lifted.get(model)
  if (known !== undefined) return known
  // Wrapping lifts an object to specification 4; it refuses a string id (AI-94).
  const result = sdk().wrapLanguageModel({ model, middleware: [] })
  lifted.set(model, result)
  return result
}
