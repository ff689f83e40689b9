import { readText, type ChunkFields } from './chunk-fields.ts'
import { isRecord } from './is-record.ts'
import { normalizeToolName } from './tool-name.ts'

/** A tool part of a message, as far as it is looked at. */
export interface ToolPart {
  readonly toolCallId: string
  readonly toolName: string
  readonly state: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A part as a tool part; `undefined` if it is none, or one that is not whole. */
export function readToolPart(fields: Readonly<Record<string, unknown>>): ToolPart | undefined {
  const type = readText(fields['type'])
  const toolCallId = readText(fields['toolCallId'])
  const state = readText(fields['state'])
  if (type === undefined || toolCallId === undefined || state === undefined) return undefined
  const name = type.startsWith('tool-')
    ? type.slice('tool-'.length)
    : type === 'dynamic-tool'
      ? fields['toolName']
      : undefined
  const toolName = normalizeToolName(name)
  return toolName === undefined ? undefined : { toolCallId, toolName, state, fields }
}

/** Whether the call of a part is over, for good. */
export function hasEnded({ state, fields }: ToolPart): boolean {
  return state.startsWith('output-') && fields['preliminary'] !== true
}

/** The chunks that lead to the state of a part. */
export function chunksOf({ toolCallId, toolName, state, fields }: ToolPart): ChunkFields[] {
  const call = {
    toolCallId,
    toolName,
    input: fields['input'],
    title: fields['title'],
    providerExecuted: fields['providerExecuted'],
  }
  const start = { ...call, type: 'tool-input-start' }
  const input = { ...call, type: 'tool-input-available' }
  const approval = isRecord(fields['approval']) ? fields['approval'] : {}
  const { id: approvalId, isAutomatic, approved } = approval
  const request = { type: 'tool-approval-request', toolCallId, approvalId, isAutomatic }
  switch (state) {
    case 'input-streaming':
      return [start]
    case 'input-available':
      return [start, input]
    case 'approval-requested':
      return [start, input, request]
    case 'approval-responded':
      return [start, input, request, { type: 'tool-approval-response', approvalId, approved }]
    case 'output-available': {
      const { output, preliminary } = fields
      return [start, input, { type: 'tool-output-available', toolCallId, output, preliminary }]
    }
    case 'output-error':
      return [start, input, { type: 'tool-output-error', toolCallId, errorText: fields['errorText'] }]
    case 'output-denied':
      return [start, input, { type: 'tool-output-denied', toolCallId }]
    default:
      return []
  }
}
