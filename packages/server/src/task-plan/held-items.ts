/** What is held back of a stream until it is known whether two steps become one (INJ-94). */
export interface HeldItems<T> {
  /** `isStep`: it ends a step, and goes if the next one is joined to it. */
  readonly hold: (item: T, isStep: boolean) => void
  /** Puts everything out, but for what ends a step where it is to be dropped. */
  readonly release: (fate: 'release' | 'drop', out: (item: T) => void) => void
}

/** See `HeldItems`. */
export function createHeldItems<T>(): HeldItems<T> {
  let items: { readonly item: T; readonly isStep: boolean }[] = []
  return {
    hold: (item, isStep) => {
      items.push({ item, isStep })
    },
    release: (fate, out) => {
      const released = items
      items = []
      for (const { item, isStep } of released) if (fate === 'release' || !isStep) out(item)
    },
  }
}
