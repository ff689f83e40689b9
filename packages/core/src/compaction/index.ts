export { createGenerateObjectFnFromGenerate } from './create-generate-object-fn.ts'
export type { GenerateObjectFn, GenerateTextFn } from './create-generate-object-fn.ts'
