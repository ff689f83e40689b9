import { createHash } from 'node:crypto'

/** A Lua script together with the name under which Redis remembers it. */
export interface Script {
  readonly text: string
  readonly sha: string
}

/** Names a script as Redis does: by the SHA-1 of its text. */
export function createScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}
