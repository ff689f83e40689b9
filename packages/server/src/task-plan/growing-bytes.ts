/** Bytes that come in pieces and are wanted as one. */
export interface GrowingBytes {
  readonly append: (bytes: Uint8Array, from: number, to: number) => void
  /** What was appended; only good until the next append. */
  readonly view: () => Uint8Array<ArrayBuffer>
  readonly length: () => number
  /** Gives what was appended away and starts anew. */
  readonly take: () => Uint8Array<ArrayBuffer>
}

const firstCapacity = 512
// A buffer that is larger is given away as it is; a copy would cost more than the room it wastes.
const copiedCapacity = 16_384

/** See `GrowingBytes`. Each byte is copied a bounded number of times, however small the pieces are. */
export function createGrowingBytes(): GrowingBytes {
  let buffer = new Uint8Array(firstCapacity)
  let length = 0

  return {
    append(bytes, from, to) {
      const end = length + to - from
      if (end > buffer.length) {
        const larger = new Uint8Array(Math.max(2 * buffer.length, end))
        larger.set(buffer.subarray(0, length))
        buffer = larger
      }
      if (to - from < 32) {
        // A call of `set` costs more than a few bytes by hand.
        for (let index = from; index < to; index++) buffer[length++] = bytes[index] ?? 0
      } else {
        buffer.set(bytes.subarray(from, to), length)
        length = end
      }
    },
    view: () => buffer.subarray(0, length),
    length: () => length,
    take() {
      const taken = buffer.length > copiedCapacity ? buffer.subarray(0, length) : buffer.slice(0, length)
      if (buffer.length > copiedCapacity) buffer = new Uint8Array(firstCapacity)
      length = 0
      return taken
    },
  }
}
