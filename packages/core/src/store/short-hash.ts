/** A hash of 64 bits as 2 to 14 characters `0-9a-z`. It tells texts apart; it protects nothing. */
export function shortHash(text: string): string {
  return hash32(text, 0x811c9dc5).toString(36) + hash32(text, 0x9747b28c).toString(36)
}

/** FNV-1a over UTF-16 units, with a last mix so that texts that differ only at the end differ in all bits. */
function hash32(text: string, seed: number): number {
  let hash = seed
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
