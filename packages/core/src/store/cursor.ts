/** A position of one store's data as one scope sees it. `epoch` is what `cursorEpoch` made. */
export interface Cursor {
  readonly epoch: string
  readonly seq: number
}

/**
 * The part of a cursor before the dot: a short hash of the store's epoch and the view's scope, so that a cursor of
 * another incarnation or another scope is known as such (D3, STO-6).
 */
export function cursorEpoch(storeEpoch: string, scope: string): string {
  const text = `${storeEpoch}\n${scope}`
  return hash32(text, 0x811c9dc5).toString(36) + hash32(text, 0x9747b28c).toString(36)
}

/** Reads a cursor; `undefined` if it is none. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-z]{1,40})\.(0|[1-9][0-9]{0,14})$/.exec(text)
  return match === null ? undefined : { epoch: match[1] ?? '', seq: Number(match[2]) }
}

/** FNV-1a, with a last mix so that texts that differ at the end differ in every bit. */
function hash32(text: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
