/** Bytes that come in pieces and are wanted as one, unless they become many. */
export interface GrowingBytes {
  readonly append: (bytes: Uint8Array, from: number, to: number) => void
  readonly length: () => number
  /** Gives what was appended away as one, and starts anew. */
  readonly take: () => Uint8Array
  /** Gives what was appended away in some pieces, without a copy where they are large, and starts anew. */
  readonly takePieces: () => readonly Uint8Array[]
}

const firstCapacity = 512
/** Beyond this, large pieces are kept as they are and not copied. */
const copiedBytes = 65_536
const largePiece = 1_024

/** See `GrowingBytes`. Each byte is copied a bounded number of times, however small the pieces are. */
export function createGrowingBytes(): GrowingBytes {
  let buffer = new Uint8Array(firstCapacity)
  let buffered = 0
  let pieces: Uint8Array[] = []
  let length = 0

  /** What is in the buffer, as a piece of its own. */
  function seal(): void {
    if (buffered > 0) pieces.push(buffer.slice(0, buffered))
    buffered = 0
  }

  function takePieces(): readonly Uint8Array[] {
    seal()
    const taken = pieces
    pieces = []
    length = 0
    // A stream lives long, and events like the last are rare.
    if (buffer.length > copiedBytes) buffer = new Uint8Array(firstCapacity)
    return taken
  }

  return {
    append(bytes, from, to) {
      const added = to - from
      length += added
      if (added >= largePiece && length > copiedBytes) {
        seal()
        pieces.push(bytes.subarray(from, to))
        return
      }
      if (buffered + added > buffer.length) {
        const larger = new Uint8Array(Math.max(2 * buffer.length, buffered + added))
        larger.set(buffer.subarray(0, buffered))
        buffer = larger
      }
      if (added < 32) {
        // A call of `set` costs more than a few bytes by hand.
        for (let index = from; index < to; index++) buffer[buffered++] = bytes[index] ?? 0
      } else {
        buffer.set(bytes.subarray(from, to), buffered)
        buffered += added
      }
    },
    length: () => length,
    take() {
      const taken = takePieces()
      const [first] = taken
      return taken.length === 1 && first ? first : joinBytes(taken)
    },
    takePieces,
  }
}

/** All pieces as one. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const piece of pieces) {
    joined.set(piece, end)
    end += piece.length
  }
  return joined
}
