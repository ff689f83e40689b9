import { hashText } from './hash-text.ts'

/**
 * The position in a store's cursor: the number after the last dot, which is the same in every scope of a store
 * (LIVE-18).
 */
export function positionOf(cursor: string): number {
  return Number(cursor.slice(cursor.lastIndexOf('.') + 1))
}

/** What a view key adds to a cursor's epoch: nothing, or `~` and a hash (LIVE-12). */
export function viewTag(viewKey: string): string {
  return viewKey === '' ? '' : `~${hashText(viewKey)}`
}

/** The cursor as a client gets it: the store's, with the tag of the view in its epoch. */
export function tagCursor(cursor: string, tag: string): string {
  if (tag === '') return cursor
  const dot = cursor.lastIndexOf('.')
  return cursor.slice(0, dot) + tag + cursor.slice(dot)
}

/** The store's cursor in what a client sent; `undefined` if it is of another view, and so of no use here. */
export function untagCursor(text: string, tag: string): string | undefined {
  const dot = text.lastIndexOf('.')
  const tilde = text.lastIndexOf('~', dot)
  if (dot < 0 || text.slice(tilde < 0 ? dot : tilde, dot) !== tag) return undefined
  return text.slice(0, dot - tag.length) + text.slice(dot)
}
