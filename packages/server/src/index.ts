export { cruxSSEHandler } from './live/crux-sse-handler.ts'
export type { CruxSSEHandler } from './live/crux-sse-handler.ts'
export type { CruxSSEHandlerOptions, LiveConnectionInfo, LiveErrorPhase } from './live/live-options.ts'
export type { EndReason } from './live/frames.ts'

// Events for any route
export { sse } from './sse/sse.ts'
export type { SseRoute } from './sse/sse.ts'
export type { SseData, SseEnd, SseErrorPhase, SseHandler, SseOptions, SseStream } from './sse/sse-types.ts'

// Inside an AI SDK UI message stream
export { createCruxStreamWriter } from './ui-stream/create-crux-stream-writer.ts'
export type { CruxStreamWriter, CruxStreamWriterOptions } from './ui-stream/create-crux-stream-writer.ts'
export { createCruxUIMessageStream } from './ui-stream/create-crux-ui-message-stream.ts'
export type {
  CruxUIMessageStreamOptions,
  CruxUIMessageStreamWriter,
} from './ui-stream/create-crux-ui-message-stream.ts'
export type { CruxPartOptions, UIMessageStreamWriterLike } from './ui-stream/stream-writer-types.ts'
export { stripCruxParts, stripTaskPlanParts } from '@crux/core/client'

// The chunks of a turn, and objects that are shown while they are written
export { createStreamResponse, toSSE } from './structured/to-sse.ts'
export type { ToSSEOptions } from './structured/to-sse.ts'
export type { StreamResponseOptions } from './structured/stream-response.ts'
export { collectBufferedStream } from './structured/collect-buffered-stream.ts'
export type { BufferedStream } from './structured/collect-buffered-stream.ts'
export type { ChunkSource } from './structured/chunk-source.ts'

// On node:http
export { toNodeHandler } from './node/to-node-handler.ts'
export type { NodeHandler } from './node/to-node-handler.ts'
export type { NodeRequest, NodeResponse } from './node/node-types.ts'
