import type { ModelStreamPart } from '../gateway/sdk-types.ts'
import type { BlockGuard } from './guard-block.ts'

type TextEnd = Extract<ModelStreamPart, { readonly type: 'text-end' }>
type Metadata = TextEnd['providerMetadata']

interface OpenBlock {
  readonly guard: BlockGuard
  received: string
  passed: string
  metadata: Metadata
}

/**
 * A model's stream behind guards. Each text block has its own; all other parts go on as they come, but for `raw` ones,
 * which hold the text as it was. A block that a guard refuses ends the stream with an error part, before the end of the
 * model call, so that the SDK runs no tool of it (AI-47).
 *
 * Provider metadata of a block is kept back to its end, when it is known whether the block was rewritten.
 */
export function guardStream(
  stream: ReadableStream<ModelStreamPart>,
  startBlock: () => BlockGuard,
): ReadableStream<ModelStreamPart> {
  const open = new Map<string, OpenBlock>()

  function blockOf(id: string): OpenBlock {
    const block = open.get(id) ?? { guard: startBlock(), received: '', passed: '', metadata: undefined }
    open.set(id, block)
    return block
  }

  async function* close(id: string, end: TextEnd): AsyncGenerator<ModelStreamPart> {
    const block = blockOf(id)
    const delta = await block.guard.end()
    block.passed += delta
    if (delta !== '') yield { type: 'text-delta', id, delta }
    open.delete(id)
    if (block.passed !== block.received) return yield { type: 'text-end', id }
    const { providerMetadata = block.metadata, ...rest } = end
    yield { ...rest, ...(providerMetadata !== undefined && { providerMetadata }) }
  }

  /** A stream may end without the ends of its blocks. */
  async function* closeAll(): AsyncGenerator<ModelStreamPart> {
    for (const id of open.keys()) yield* close(id, { type: 'text-end', id })
  }

  async function* guarded(part: ModelStreamPart): AsyncGenerator<ModelStreamPart> {
    switch (part.type) {
      case 'raw':
        return
      case 'text-start':
        blockOf(part.id).metadata = part.providerMetadata
        yield { type: 'text-start', id: part.id }
        return
      case 'text-delta': {
        const block = blockOf(part.id)
        block.metadata = part.providerMetadata ?? block.metadata
        block.received += part.delta
        const delta = await block.guard.push(part.delta)
        block.passed += delta
        if (delta !== '') yield { type: 'text-delta', id: part.id, delta }
        return
      }
      case 'text-end':
        yield* close(part.id, part)
        return
      case 'finish':
        yield* closeAll()
        yield part
        return
      default:
        yield part
    }
  }

  async function send(
    parts: AsyncGenerator<ModelStreamPart>,
    controller: TransformStreamDefaultController<ModelStreamPart>,
  ): Promise<void> {
    try {
      for await (const part of parts) controller.enqueue(part)
    } catch (error) {
      controller.enqueue({ type: 'error', error })
      // Ends the stream for its reader and cancels the model's.
      controller.terminate()
    }
  }

  return stream.pipeThrough(
    new TransformStream<ModelStreamPart, ModelStreamPart>({
      transform: (part, controller) => send(guarded(part), controller),
      flush: (controller) => send(closeAll(), controller),
    }),
  )
}
