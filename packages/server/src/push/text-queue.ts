import { chunkLength } from './chunk-frames.ts'
import { createChunk, type Chunk } from './chunk.ts'

/** Text that waits to be sent. It is kept as text, which takes less room than the bytes of many small frames. */
export interface TextQueue {
  /** How many bytes wait. */
  readonly bytes: () => number
  readonly push: (text: string) => void
  /** Takes a chunk of at most about 64 KiB off the front; `undefined` if nothing waits. */
  readonly take: () => Chunk | undefined
  readonly clear: () => void
}

const utf8 = /* @__PURE__ */ new TextEncoder()

/** Makes an empty queue. */
export function createTextQueue(): TextQueue {
  // Each but the last has at least the length of a chunk.
  let texts: string[] = []
  let bytes = 0

  return {
    bytes: () => bytes,
    push: (text) => {
      if (text === '') return
      bytes += utf8.encode(text).length
      const last = texts.length - 1
      const before = texts[last]
      if (before !== undefined && before.length < chunkLength) texts[last] = before + text
      else texts.push(text)
    },
    take: () => {
      const [text] = texts
      if (text === undefined) return undefined
      const end = text.length <= chunkLength ? text.length : cutAt(text, chunkLength)
      if (end === text.length) texts.shift()
      else texts[0] = text.slice(end)
      const chunk = createChunk(text.slice(0, end))
      bytes -= chunk.bytes.length
      return chunk
    },
    clear: () => {
      texts = []
      bytes = 0
    },
  }
}

/** Not between the two halves of a character. */
function cutAt(text: string, end: number): number {
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff ? end + 1 : end
}
