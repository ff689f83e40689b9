import { isRecord } from '../is-record.ts'
import { misuse, shown } from '../misuse.ts'

/** Throws for what cannot be named in errors, or asked. `kind` is what the SDK calls such a model. */
export function checkModel(
  caller: string,
  kind: string,
  { name, model }: { readonly name: unknown; readonly model: unknown },
): void {
  if (typeof name !== 'string' || name === '') throw misuse(caller, 'name must not be empty')
  if (typeof model === 'string' || isRecord(model)) return
  throw misuse(caller, `model must be ${kind}, got ${shown(model)}`)
}
