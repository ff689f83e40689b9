import { joinBytes } from './growing-bytes.ts'

/** Puts out as one what belongs together: for small pieces, the way through a stream costs more than a copy. */
export interface JoinedOutput {
  readonly put: (bytes: Uint8Array) => void
  /** Gives all that was put to `out`, joined if it is small. */
  readonly flush: (out: (bytes: Uint8Array) => void) => void
}

const largestCopy = 4_096

/** See `JoinedOutput`. */
export function createJoinedOutput(): JoinedOutput {
  let pieces: Uint8Array[] = []
  let length = 0

  return {
    put(bytes) {
      pieces.push(bytes)
      length += bytes.length
    },
    flush(out) {
      const [first] = pieces
      if (!first) return
      const ready = pieces
      const isSmall = length <= largestCopy
      pieces = []
      length = 0
      if (ready.length === 1) out(first)
      else if (isSmall) out(joinBytes(ready))
      else ready.forEach(out)
    },
  }
}
