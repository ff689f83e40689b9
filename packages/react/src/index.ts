// The provider, and what is not a hook of one thing.
export { CruxProvider, type CruxProviderProps } from './provider/crux-provider.tsx'
export { useCruxClient } from './provider/crux-context.ts'
export { useCruxConnection, type CruxConnection } from './hooks/use-crux-connection.ts'

// Plans, lists, tasks.
export { usePlan } from './hooks/use-plan.ts'
export { usePlans, type PlansFilter } from './hooks/use-plans.ts'
export { useTaskList } from './hooks/use-task-list.ts'
export { useTaskLists, type TaskListsFilter } from './hooks/use-task-lists.ts'
export { useTaskListProgress } from './hooks/use-task-list-progress.ts'
export { useTasks } from './hooks/use-tasks.ts'
export { useTaskIds } from './hooks/use-task-ids.ts'
export { useTask } from './hooks/use-task.ts'
export type { TaskListProgress } from './hooks/task-list-progress.ts'
export type { ByPlan, HookOptions, Pending, Ref } from './hooks/hook-types.ts'

// Objects that are shown while they are written.
export { useStructuredStreams } from './structured/use-structured-streams.ts'
export type { StructuredStreamsHook, StructuredStreamsOptions } from './structured/use-structured-streams.ts'
export type { StructuredItem } from './structured/structured-store.ts'

// Events of any route.
export { useEventStream, type EventStreamHook } from './event-stream/use-event-stream.ts'
export type {
  EventStreamHookOptions,
  EventStreamView,
  StreamEvent,
} from './event-stream/event-stream-store.ts'

// Ways for changes to arrive, so that an app needs one import.
export {
  combineTransports,
  createMockTransport,
  createPollingTransport,
  createSSETransport,
  createStreamTransport,
} from '@crux/core/client'
export type {
  MockTransport,
  PollingTransportOptions,
  SSETransportOptions,
  StreamTransport,
} from '@crux/core/client'

// What hooks and providers speak of.
export type { Plan, Task, TaskList, TaskStatus } from '@crux/core'
export type {
  ConnectionStatus,
  CruxClient,
  CruxTransport,
  DehydratedState,
  QueryInit,
  SseClientError,
  SseClientErrorCode,
  TaskNode,
} from '@crux/core/client'
