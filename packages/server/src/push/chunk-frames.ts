import { createChunk, type Chunk } from './chunk.ts'

/** A chunk is sent once it has this many characters, so that a reader's progress can be seen (SSE-11a). */
export const chunkLength = 65_536

/** Frames as chunks of about 64 KiB, made one by one as they are taken. */
export function* chunkFrames(frames: Iterable<string>): Generator<Chunk, void> {
  let text = ''
  for (const frame of frames) {
    text += frame
    if (text.length < chunkLength) continue
    yield createChunk(text)
    text = ''
  }
  if (text !== '') yield createChunk(text)
}
