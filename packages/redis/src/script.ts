/** A Lua script together with the name under which Redis remembers it. */
export interface Script {
  readonly text: string
  readonly sha: () => Promise<string>
}

/** Names a script as Redis does: by the SHA-1 of its text, computed when it is first needed. */
export function createScript(text: string): Script {
  let sha: Promise<string> | undefined
  return { text, sha: () => (sha ??= sha1(text)) }
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
