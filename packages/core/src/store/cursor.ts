import { shortHash } from './short-hash.ts'

/** A position of one store's data as one scope sees it, read from its text `<epoch>.<seq>`. */
export interface Cursor {
  readonly epoch: string
  readonly seq: number
}

/**
 * The part of a cursor before the dot: a short hash of the store's epoch and the view's scope, so that a cursor of
 * another incarnation or of another scope is known as such (D3, STO-6).
 */
export function cursorEpoch(storeEpoch: string, scope: string): string {
  return shortHash(`${storeEpoch}\n${scope}`)
}

/** Reads a cursor, whoever sent it; `undefined` if it is none. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-z]{2,14})\.(0|[1-9][0-9]{0,14})$/.exec(text)
  return match?.[1] === undefined ? undefined : { epoch: match[1], seq: Number(match[2]) }
}
