import type {
  AssistantModelMessage,
  ContentPart,
  JSONValue,
  ProviderMetadata,
  ToolResultPart,
  ToolSet,
} from 'ai'

type ToolResultOutput = ToolResultPart['output']
type AssistantPart = Exclude<AssistantModelMessage['content'], string>[number]

/** How a tool call ended. */
export type ToolEnding =
  | {
      readonly type: 'tool-result'
      readonly toolCallId: string
      readonly input: unknown
      readonly output: unknown
    }
  | { readonly type: 'tool-error'; readonly toolCallId: string; readonly error: unknown }

/**
 * The assistant turn of a model call whose step never ended, which the SDK therefore reports nowhere. `undefined`
 * without tool calls: then nothing has happened that the next call should know.
 */
export function unfinishedTurn(content: readonly ContentPart<ToolSet>[]): AssistantModelMessage | undefined {
  if (!content.some(({ type }) => type === 'tool-call')) return undefined
  return { role: 'assistant', content: content.flatMap(assistantPart) }
}

/** What the model is told of a tool call that ended, as the SDK would have told it. */
export function modelOutput(ending: ToolEnding, tool: ToolSet[string] | undefined): ToolResultOutput {
  if (ending.type === 'tool-error') return { type: 'error-text', value: errorText(ending.error) }
  const { toolCallId, input, output } = ending
  const own = ownOutput(() => tool?.toModelOutput?.({ toolCallId, input, output }))
  if (own !== undefined) return own
  return typeof output === 'string' ? { type: 'text', value: output } : { type: 'json', value: plain(output) }
}

function assistantPart(part: ContentPart<ToolSet>): AssistantPart[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ type: 'text', text: part.text, ...metadata(part) }]
    case 'reasoning':
      return [{ type: 'reasoning', text: part.text, ...metadata(part) }]
    case 'file':
    case 'reasoning-file':
      return [{ type: part.type, data: part.file.base64, mediaType: part.file.mediaType, ...metadata(part) }]
    case 'custom':
      return [{ type: 'custom', kind: part.kind, ...metadata(part) }]
    case 'tool-call': {
      const { toolCallId, toolName, input, providerExecuted } = part
      const call = { type: 'tool-call' as const, toolCallId, toolName, input, ...metadata(part) }
      return [providerExecuted === true ? { ...call, providerExecuted } : call]
    }
    case 'tool-result': {
      if (part.providerExecuted !== true) return []
      const { toolCallId, toolName, output } = part
      return [
        {
          type: 'tool-result',
          toolCallId,
          toolName,
          output: { type: 'json', value: plain(output) },
          ...metadata(part),
        },
      ]
    }
    default:
      return []
  }
}

/** A call that ended by an abort cannot wait: what `toModelOutput` promises is left alone. */
function ownOutput(
  convert: () => ToolResultOutput | PromiseLike<ToolResultOutput> | undefined,
): ToolResultOutput | undefined {
  try {
    const own = convert()
    if (own === undefined || !('then' in own)) return own
    own.then(undefined, () => {})
  } catch {}
  return undefined
}

function plain(value: unknown): JSONValue {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null')
  } catch {
    // Not its own text: an object without a prototype has none.
    return typeof value === 'bigint' ? String(value) : Object.prototype.toString.call(value)
  }
}

function errorText(error: unknown): string {
  if (error === undefined || error === null) return 'unknown error'
  if (error instanceof Error) return String(error)
  return typeof error === 'string' ? error : JSON.stringify(plain(error))
}

function metadata({ providerMetadata }: { readonly providerMetadata?: ProviderMetadata | undefined }) {
  return providerMetadata === undefined ? {} : { providerOptions: providerMetadata }
}
