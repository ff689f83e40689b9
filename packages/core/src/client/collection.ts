import { createDerivedArray } from './derived-array.ts'

/** A value that may have been taken out of view; then it is absent for every reader (LIVE-1). */
export type Removable<T> = T & { readonly removedAt?: number }

/** The value, unless it is absent for readers. */
export function present<T>(value: Removable<T> | undefined): T | undefined {
  return value?.removedAt === undefined ? value : undefined
}

/** One entity as a collection sees it. */
export interface Member<T> {
  /** What readers are shown of it. */
  readonly shown: Removable<T> | undefined
}

/** Entities that are read together, in order. A change costs the same however many there are (CLI-11). */
export interface Collection<T, M extends Member<T>> {
  /** Something changed from `before`, and is a member or is none. True if `members` may be different now. */
  readonly note: (member: M, isMember: boolean, before: Removable<T> | undefined) => boolean
  readonly isEmpty: () => boolean
  /** The members that are present, in order. The same array while none came, went or moved. */
  readonly members: () => readonly M[]
  /** What they show, in the same order. */
  readonly values: () => readonly T[]
  /** What members show that are not present, in no order. */
  readonly removed: () => readonly T[]
}

/** See `Collection`. */
export function createCollection<T, M extends Member<T>>(compare: (a: T, b: T) => number): Collection<T, M> {
  const all = new Set<M>()
  const members = createDerivedArray(() => {
    const rows: { readonly member: M; readonly value: T }[] = []
    for (const member of all) {
      const value = present(member.shown)
      if (value !== undefined) rows.push({ member, value })
    }
    return rows.sort((a, b) => compare(a.value, b.value)).map((row) => row.member)
  })
  const values = createDerivedArray(() => defined(members.read(), (member) => present(member.shown)))

  return {
    note(member, isMember, before) {
      const was = all.has(member) ? present(before) : undefined
      const is = isMember ? present(member.shown) : undefined
      if (isMember) all.add(member)
      else all.delete(member)
      values.invalidate()
      const isMoved = was === undefined || is === undefined || compare(was, is) !== 0
      if (isMoved) members.invalidate()
      return isMoved
    },
    isEmpty: () => all.size === 0,
    members: members.read,
    values: values.read,
    removed: () => defined(all, ({ shown }) => (present(shown) === undefined ? shown : undefined)),
  }
}

function defined<A, B>(items: Iterable<A>, pick: (item: A) => B | undefined): B[] {
  const picked: B[] = []
  for (const item of items) {
    const value = pick(item)
    if (value !== undefined) picked.push(value)
  }
  return picked
}
