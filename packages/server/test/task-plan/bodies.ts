import { injectTaskPlanIntoStream, taskPlanSseTransform, type TaskPlanOptions } from '@crux/server/task-plan'
import { drain, streamOf } from './streams.ts'

export const encode = (text: string) => new TextEncoder().encode(text)
export const decode = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)

/** All pieces as one. */
export function join(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const piece of pieces) {
    joined.set(piece, end)
    end += piece.length
  }
  return joined
}

/** The bytes in pieces of these sizes; the last size goes on to the end. */
export function cut(bytes: Uint8Array<ArrayBuffer>, sizes: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for (let from = 0, index = 0; from < bytes.length; index++) {
    const size = Math.max(1, sizes[Math.min(index, sizes.length - 1)] ?? bytes.length)
    pieces.push(bytes.slice(from, from + size))
    from += size
  }
  return pieces
}

/** Chunks as a body of the AI SDK. */
export function bodyOf(...chunks: readonly unknown[]): Uint8Array<ArrayBuffer> {
  return encode(
    chunks.map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`).join(''),
  )
}

export const eventStream = { headers: { 'content-type': 'text/event-stream' } }

/** How a body went through: the pieces that came out, and what the body failed with. */
export interface Passed {
  readonly pieces: Uint8Array[]
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly text: string
  readonly error: unknown
}

/** What comes out of the response wrapper for these reads. */
export async function inject(
  reads: readonly Uint8Array<ArrayBuffer>[],
  options: TaskPlanOptions = {},
  failure?: { readonly reason: unknown },
): Promise<Passed> {
  const response = new Response(streamOf(reads, failure), eventStream)
  const injected = injectTaskPlanIntoStream(response, { planId: 'p', now: () => 1, ...options })
  return passed(injected.body as ReadableStream<Uint8Array>)
}

/** What comes out of the transform of bytes for these reads. */
export async function transform(
  reads: readonly Uint8Array<ArrayBuffer>[],
  options: TaskPlanOptions = {},
  failure?: { readonly reason: unknown },
): Promise<Passed> {
  return passed(
    streamOf<Uint8Array>(reads, failure).pipeThrough(
      taskPlanSseTransform({ planId: 'p', now: () => 1, ...options }),
    ),
  )
}

async function passed(stream: ReadableStream<Uint8Array>): Promise<Passed> {
  const { items, error } = await drain(stream)
  const bytes = join(items)
  return { pieces: items, bytes, text: decode(bytes), error }
}

const injectedEvent = /data: \{"type":"data-agent-task-(?:plan|update)","id":"[^\n]*\n\n/g

/** The events that were added to a body, as chunks. */
export function injectedInto(text: string): { type: string; id: string; data: unknown }[] {
  return (text.match(injectedEvent) ?? []).map((event) => JSON.parse(event.slice('data: '.length)))
}

/** All chunks in a body, its own and those that were added. */
export function chunksIn(text: string): unknown[] {
  const lines = text.split(/[\r\n]+/).filter((line) => line.startsWith('data: {'))
  return lines.map((line) => JSON.parse(line.slice('data: '.length)))
}

/** The body without the events that were added to it. Works on bytes, so that invalid text stays what it is. */
export function withoutInjected(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const latin1 = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
  return Uint8Array.from(latin1.replace(injectedEvent, ''), (char) => char.charCodeAt(0))
}
