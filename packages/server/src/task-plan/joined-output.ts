/** Puts out as one what belongs together: for small pieces, the way through a stream costs more than a copy. */
export interface JoinedOutput {
  /** Runs `produce`; what it puts goes to `out`, joined if it is small. */
  readonly collect: (
    out: (bytes: Uint8Array) => void,
    produce: (put: (bytes: Uint8Array) => void) => void,
  ) => void
}

const largestCopy = 4_096

/** See `JoinedOutput`. Nothing stays behind: what was put is out when `collect` returns. */
export function createJoinedOutput(): JoinedOutput {
  let pieces: Uint8Array[] = []
  let length = 0
  const put = (bytes: Uint8Array) => {
    pieces.push(bytes)
    length += bytes.length
  }

  return {
    collect(out, produce) {
      pieces = []
      length = 0
      produce(put)
      if (pieces.length < 2 || length > largestCopy) {
        pieces.forEach(out)
        return
      }
      const whole = new Uint8Array(length)
      let end = 0
      for (const piece of pieces) {
        whole.set(piece, end)
        end += piece.length
      }
      out(whole)
    },
  }
}
