/**
 * Bytes to send, shared by everyone they go to. `framed` is the same memory with the frame of an HTTP/1.1 chunk around
 * it, so that the framing is done once and not once per client.
 *
 *     framed:  1 f 4 \r \n  e v e n t …  \r \n
 *     bytes:                e v e n t …
 */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly framed: Uint8Array<ArrayBuffer>
}

const utf8 = /* @__PURE__ */ new TextEncoder()
const carriageReturn = 13
const lineFeed = 10
/** Eight hexadecimal digits and a line end. */
const headLength = 10
const headSpace = ' '.repeat(headLength)

/** A chunk of text, encoded as UTF-8. Throws nothing; `text` must not be empty, since an empty chunk ends a body. */
export function createChunk(text: string): Chunk {
  return frame(utf8.encode(`${headSpace}${text}\r\n`))
}

/** One chunk with the bytes of several, in order. */
export function joinChunks(chunks: readonly Chunk[]): Chunk {
  let length = headLength + 2
  for (const { bytes } of chunks) length += bytes.length
  const memory = new Uint8Array(length)
  let offset = headLength
  for (const { bytes } of chunks) {
    memory.set(bytes, offset)
    offset += bytes.length
  }
  return frame(memory)
}

function frame(memory: Uint8Array<ArrayBuffer>): Chunk {
  const end = memory.length - 2
  let start = headLength
  memory[end] = carriageReturn
  memory[end + 1] = lineFeed
  memory[--start] = lineFeed
  memory[--start] = carriageReturn
  for (let left = end - headLength; left > 0; left >>>= 4)
    memory[--start] = '0123456789abcdef'.charCodeAt(left & 15)
  return { bytes: memory.subarray(headLength, end), framed: memory.subarray(start) }
}
