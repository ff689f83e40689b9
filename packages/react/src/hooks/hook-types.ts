/** An entity by its id, or by anything that carries it: a handle, or the entity itself. */
export type Ref = string | { readonly id: string }

/** By the plan it belongs to. `undefined` skips, so that `{ planId: plan?.id }` can be written as it is. */
export interface ByPlan {
  readonly planId: Ref | null | undefined
}

/** What every hook that reads an entity takes (RCT-2, RCT-3). */
export interface HookOptions<Value, Selection = Value, Suspense extends boolean = boolean> {
  /** Suspends until the value is known, and throws to the nearest error boundary if that will never be. */
  readonly suspense?: Suspense
  /** Picks what the component needs; runs only on a value that is there. May be written inline. */
  readonly select?: (value: Value) => Selection
  /** Tells whether a new selection is the same as the last one: then nothing renders. Default `Object.is`. */
  readonly isEqual?: (previous: Selection, next: Selection) => boolean
}

/** What a hook adds to its value: `undefined` while loading (never with `suspense: true`) or when it was skipped. */
export type Pending<Target, Suspense extends boolean> = Suspense extends true ? Skipped<Target> : undefined

type Skipped<Target> = Target extends null | undefined
  ? undefined
  : Target extends { readonly id: string }
    ? never
    : Target extends { readonly planId: infer Plan }
      ? Skipped<Plan>
      : never

/** The id that a reference names; `undefined` means skip. What another hook gave may be passed on as it is. */
export function idOf(ref: Ref | null | undefined): string | undefined {
  return typeof ref === 'string' ? ref : ref?.id
}
