import { createDerivedArray, type DerivedArray } from './derived-array.ts'

/** A value that may have been taken out of view; then it is absent for every reader (LIVE-1). */
export type Removable<T> = T & { readonly removedAt?: number }

/** The value, unless it is absent for readers. */
export function present<T>(value: Removable<T> | undefined): T | undefined {
  return value?.removedAt === undefined ? value : undefined
}

/** One entity as a collection sees it. */
export interface Member<T> {
  readonly key: string
  /** What readers are shown of it. */
  readonly shown: Removable<T> | undefined
}

/** How the entities of one kind are collected. */
export interface CollectionKind<T, X> {
  readonly compare: (a: T, b: T) => number
  /** A second way to read them, from those that are present, in order, and those that are not. */
  readonly arrange: (values: readonly T[], removed: readonly T[]) => readonly X[]
}

/** Entities that are read together, in order. A change costs the same however many there are (CLI-11). */
export interface Collection<T, X> {
  /** Something changed from `before`, and now is a member or is none. */
  readonly note: (member: Member<T>, isMember: boolean, before: Removable<T> | undefined) => void
  readonly isEmpty: () => boolean
  readonly values: DerivedArray<T>
  /** What stands after the last slash of their keys. The same array while no member came, went or moved. */
  readonly ids: DerivedArray<string>
  readonly arranged: DerivedArray<X>
}

/** See `Collection`. */
export function createCollection<T, X>({ compare, arrange }: CollectionKind<T, X>): Collection<T, X> {
  const all = new Set<Member<T>>()
  const members = createDerivedArray(() => {
    const rows = pick(all, (member) => {
      const value = present(member.shown)
      return value === undefined ? undefined : { member, value }
    })
    return rows.sort((a, b) => compare(a.value, b.value)).map(({ member }) => member)
  })
  const ids = createDerivedArray(() => members.read().map(({ key }) => key.slice(key.lastIndexOf('/') + 1)))
  const values = createDerivedArray(() => pick(members.read(), ({ shown }) => present(shown)))
  const removed = () => pick(all, ({ shown }) => (present(shown) ? undefined : shown))
  const arranged = createDerivedArray(() => arrange(values.read(), removed()))

  return {
    values,
    ids,
    arranged,
    isEmpty: () => all.size === 0,
    note(member, isMember, before) {
      const was = all.has(member) ? present(before) : undefined
      const is = isMember ? present(member.shown) : undefined
      if (isMember) all.add(member)
      else all.delete(member)
      values.invalidate()
      arranged.invalidate()
      // Only then is there something to sort.
      if (was && is && compare(was, is) === 0) return
      members.invalidate()
      ids.invalidate()
    },
  }
}

function pick<A, B>(items: Iterable<A>, choose: (item: A) => B | undefined): B[] {
  const picked: B[] = []
  for (const item of items) {
    const choice = choose(item)
    if (choice !== undefined) picked.push(choice)
  }
  return picked
}
