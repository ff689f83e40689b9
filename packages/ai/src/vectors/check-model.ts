import { misuse, shown } from '../misuse.ts'

/** Throws for what cannot be named in errors, or asked. `kind` is what the SDK calls such a model. */
export function checkModel(
  caller: string,
  kind: string,
  { name, model }: { readonly name: unknown; readonly model: unknown },
): void {
  if (typeof name !== 'string' || name === '') throw misuse(caller, 'name must not be empty')
  const isModel = typeof model === 'string' || (typeof model === 'object' && model !== null)
  if (!isModel) throw misuse(caller, `model must be ${kind}, got ${shown(model)}`)
}
