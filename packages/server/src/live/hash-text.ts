/**
 * A short text that stands for a long one: FNV-1a of 32 bits, twice with different beginnings. For telling texts apart
 * where nobody gains by a collision.
 */
export function hashText(text: string): string {
  let first = 0x811c9dc5
  let second = 0x5bd1e995
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    first = Math.imul(first ^ unit, 0x01000193)
    second = Math.imul(second ^ unit, 0x01000193) + index
  }
  return (first >>> 0).toString(36) + (second >>> 0).toString(36)
}
