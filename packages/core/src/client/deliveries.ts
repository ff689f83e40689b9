/** One of the ways by which items are delivered. */
export interface Source<T> {
  readonly add: (item: T) => void
  /** A snapshot begins: what came through this source, or one within it, has to come again. Calls `forget` for each. */
  readonly reset: (forget: (item: T) => void) => void
  /** The snapshot ended: calls `drop` for each item that it lacked and that no other source delivered. */
  readonly ready: (drop: (item: T) => void) => void
  /** True from `reset` to `ready`. */
  readonly isInSnapshot: () => boolean
  /** A source within this one, with a snapshot of its own. */
  readonly fork: () => Source<T>
}

/**
 * Remembers which item came through which source, so that a snapshot of one transport drops only what came through it
 * (CLI-8). `past` is for what was there before any transport: it is given up at the end of the first snapshot of
 * `whole`, and a snapshot of any source makes that one begin.
 */
export function createDeliveries<T>(): { readonly whole: Source<T>; readonly past: Source<T> } {
  interface State {
    readonly parent: State | undefined
    held: Set<T>
    /** What the snapshot under way has not confirmed yet; `undefined` without one. */
    stale: Set<T> | undefined
  }
  const states = new Set<State>()
  const whole: State = { parent: undefined, held: new Set(), stale: undefined }
  const past: State = { parent: whole, held: new Set(), stale: undefined }

  function begin(snapshot: State, source: State, forget: (item: T) => void) {
    states.add(snapshot)
    const stale = (snapshot.stale ??= new Set())
    const items = [...source.held, ...(source.stale ?? [])]
    source.held = new Set()
    if (source !== snapshot) source.stale &&= new Set()
    for (const item of items) {
      stale.add(item)
      forget(item)
    }
  }

  function sourceOf(state: State): Source<T> {
    return {
      add(item) {
        // Known from its first item on: sources that never deliver must not pile up.
        states.add(state)
        state.held.add(item)
      },
      reset(forget) {
        begin(state, state, forget)
        for (const other of states) {
          if (other !== state && isWithin(other, state)) begin(state, other, forget)
        }
        if (past.held.size > 0) begin(whole, past, forget)
      },
      ready(drop) {
        const gone = state.stale ?? []
        state.stale = undefined
        for (const item of gone) {
          if (![...states].some((other) => other.held.has(item) || other.stale?.has(item))) drop(item)
        }
      },
      isInSnapshot: () => state.stale !== undefined,
      fork: () => sourceOf({ parent: state, held: new Set(), stale: undefined }),
    }
  }

  return { whole: sourceOf(whole), past: sourceOf(past) }
}

function isWithin<S extends { readonly parent: S | undefined }>(source: S, ancestor: S): boolean {
  for (let state: S | undefined = source; state; state = state.parent) {
    if (state === ancestor) return true
  }
  return false
}
