import type { CruxRecord } from '@crux/core'
import { joinChunks, type Chunk } from '../push/chunk.ts'

/**
 * The encoded changes of a channel, shared by all its clients: a linked list with an empty link at its end. A client
 * holds the first link that it has not taken, and nothing else; what nobody holds any more is garbage.
 *
 *     [chunk|•]──►[chunk|•]──►[chunk|•]──►[empty]
 *        ▲                                   ▲
 *     a slow client                     those who keep up, and the channel
 */
export interface Link {
  /** Missing in the empty link at the end. */
  filled: Filled | undefined
  /** How many bytes went into the chain before this link. */
  readonly offset: number
}

/** What a link holds once there is something to send. */
export interface Filled {
  readonly chunk: Chunk
  readonly changes: readonly CruxRecord[]
  /** Position at which the last commit in it ends; whoever is there already has all of it. */
  readonly end: number
  /** Position that is complete once this was taken: below `end` if that commit goes on in the next link. */
  readonly complete: number
  readonly next: Link
  /** This link and those after it as one chunk, made by the first client that was behind and kept for the others. */
  run?: Run
}

/** Several links as one chunk. */
export interface Run {
  readonly chunk: Chunk
  readonly complete: number
  readonly next: Link
}

/** A client that is behind gets at most about this many bytes at once. */
const maxRunBytes = 65_536

/** An empty chain: its last link. */
export function createChain(): Link {
  return { filled: undefined, offset: 0 }
}

/** Fills the last link of a chain and gives the new last one. */
export function fillLink(last: Link, content: Omit<Filled, 'next' | 'run'>): Link {
  const next: Link = { filled: undefined, offset: last.offset + content.chunk.bytes.length }
  last.filled = { ...content, next }
  return next
}

/** What a client that stands at a filled link takes: one link, or several joined. */
export function takeRun(first: Filled): Run {
  if (first.run !== undefined) return first.run
  const chunks = [first.chunk]
  let length = first.chunk.bytes.length
  let last = first
  for (let link = first.next.filled; link !== undefined; link = link.next.filled) {
    length += link.chunk.bytes.length
    if (length > maxRunBytes) break
    chunks.push(link.chunk)
    last = link
  }
  if (last === first) return first
  first.run = { chunk: joinChunks(chunks), complete: last.complete, next: last.next }
  return first.run
}
