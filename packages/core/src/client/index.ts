export { createCruxClient } from './create-crux-client.ts'
export type {
  ClientRef,
  ConnectionState,
  CruxClient,
  CruxClientOptions,
  CruxClientView,
  DehydratedState,
} from './crux-client.ts'
export type { TaskNode } from '../entities/task-tree.ts'

export { createSSETransport } from './create-sse-transport.ts'
export type { SSETransportOptions } from './create-sse-transport.ts'
export { createPollingTransport } from './create-polling-transport.ts'
export type { PollingTransportOptions } from './create-polling-transport.ts'
export { combineTransports } from './combine-transports.ts'
export { createStreamTransport } from './create-stream-transport.ts'
export type { StreamTransport } from './create-stream-transport.ts'
export { createMockTransport } from './create-mock-transport.ts'
export type { MockState, MockTransport, MockValues } from './create-mock-transport.ts'
export type { ConnectionStatus, CruxTransport, TransportSink } from './crux-transport.ts'

export { openEventStream } from './open-event-stream.ts'
export type { EventStream, EventStreamOptions, EventStreamState } from './open-event-stream.ts'
export type { EventRequest } from './request-events.ts'
export { SseClientError } from './sse-client-error.ts'
export type { SseClientErrorCode } from './sse-client-error.ts'
export type { QueryInit } from './with-query.ts'

export {
  createTaskPlanReader,
  readTaskPlan,
  readTaskPlans,
  stripTaskPlanParts,
} from '../wire/task-plan/index.ts'
export type { TaskPlanReader } from '../wire/task-plan/index.ts'
export { stripCruxParts } from '../wire/strip-crux-parts.ts'
export type { MessageLike } from '../wire/strip-parts.ts'

// What hooks of other things are made of
export { createFrameBatch } from './frame-batch.ts'
export type { FrameBatch } from './frame-batch.ts'
export { withQuery } from './with-query.ts'
export { runReported } from '../errors/report-error.ts'
