import type { ChangeEvent, EntityName } from '../entities/entity.ts'
import type { Plan } from '../entities/plan.ts'
import type { TaskList } from '../entities/task-list.ts'
import type { Task } from '../entities/task.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import type { ConnectionStatus, CruxTransport, TransportSink } from './crux-transport.ts'

/** Entities of which a test may leave out what it does not look at. */
export interface MockValues {
  readonly plan: Partial<Plan> & Pick<Plan, 'id'>
  readonly tasklist: Partial<TaskList> & Pick<TaskList, 'id'>
  readonly task: Partial<Task> & Pick<Task, 'id' | 'taskListId'>
}

/** What a mock transport holds from the start. */
export interface MockState {
  readonly plans?: readonly MockValues['plan'][]
  readonly taskLists?: readonly MockValues['tasklist'][]
  readonly tasks?: readonly MockValues['task'][]
}

/** A transport that a test or a story drives by hand. */
export interface MockTransport extends CruxTransport {
  /** Puts the value in place of what is there under its id. */
  readonly set: <E extends EntityName>(entity: E, value: MockValues[E]) => void
  /** Takes an entity away. The key of a task is `<taskListId>/<id>`. Unknown keys are ignored. */
  readonly remove: (entity: EntityName, key: string) => void
  /**
   * What the connection is to look like; `live` from the start. While it is anything else, nothing is delivered: set
   * `connecting` before rendering to see what loading looks like. Back at `live` all that was missed comes at once.
   */
  readonly setStatus: (status: ConnectionStatus, error?: unknown) => void
}

/**
 * A transport without a server, for tests and stories of components (CLI-8). It delivers synchronously.
 *
 * @example
 * const transport = createMockTransport({ plans: [{ id: 'p1', title: 'Launch' }] })
 * render(<CruxProvider transport={transport}><PlanTitle id="p1" /></CruxProvider>)
 * transport.set('plan', { id: 'p1', title: 'Launch again' })
 */
export function createMockTransport({
  plans = [],
  taskLists = [],
  tasks = [],
}: MockState = {}): MockTransport {
  const parts = new Map<string, CruxDataPart>()
  const sinks = new Set<TransportSink>()
  let connection: { readonly status: ConnectionStatus; readonly error?: unknown } = { status: 'live' }
  let revision = 0

  function put(entity: EntityName, key: string, value: CruxDataPart['value'], event: ChangeEvent) {
    revision += 1
    const part: CruxDataPart = { entity, key, value, event, revision }
    parts.set(`${entity}:${key}`, part)
    if (connection.status === 'live') for (const sink of sinks) sink.apply([part])
  }

  function set<E extends EntityName>(entity: E, value: MockValues[E]) {
    const key = 'taskListId' in value ? `${value.taskListId}/${value.id}` : value.id
    put(entity, key, { ...value }, 'updated')
  }

  function tell(sink: TransportSink) {
    const { status, error } = connection
    if (status !== 'live') return sink.status(status, error)
    sink.reset()
    sink.apply([...parts.values()])
    sink.status(status)
    sink.ready()
  }

  for (const plan of plans) set('plan', plan)
  for (const list of taskLists) set('tasklist', list)
  for (const task of tasks) set('task', task)

  return {
    kind: 'mock',
    connect(sink) {
      sinks.add(sink)
      tell(sink)
      return () => {
        sinks.delete(sink)
      }
    },
    set,
    remove(entity, key) {
      const part = parts.get(`${entity}:${key}`)
      if (part) put(entity, key, { ...part.value, removedAt: Date.now() }, 'removed')
    },
    setStatus(status, error) {
      connection = { status, error }
      for (const sink of sinks) tell(sink)
    },
  }
}
