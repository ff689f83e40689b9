import type { LanguageModel } from 'ai'
import { isRecord } from '../is-record.ts'

const specifications: readonly unknown[] = ['v2', 'v3', 'v4']

/** True for a string id and for an object of provider specification 2, 3 or 4, a `fallback()` included. */
export function isLanguageModel(value: unknown): value is LanguageModel {
  if (typeof value === 'string') return value !== ''
  return isRecord(value) && specifications.includes(value['specificationVersion'])
}

/** The id a model is known by in meta and messages. */
export function modelIdOf(model: LanguageModel): string {
  return typeof model === 'string' ? model : model.modelId
}
