import type { CruxDataPart, EntityName } from '@crux/core'
import {
  createCruxClient,
  type CruxClient,
  type DehydratedState,
  type TransportSink,
} from '@crux/core/client'
import { onTestFinished, vi } from 'vitest'

/** A client that is connected, and the sink through which the test feeds it. */
export function openClient(initialState?: DehydratedState): { client: CruxClient; sink: TransportSink } {
  let sink: TransportSink | undefined
  const client = createCruxClient({
    initialState,
    transport: {
      kind: 'test',
      connect(given) {
        sink = given
        return () => {}
      },
    },
  })
  client.subscribe({ entity: 'plan', key: 'nobody' }, () => {})
  onTestFinished(() => client.close())
  if (!sink) throw new Error('The client did not connect.')
  return { client, sink }
}

/** A part with as little as it may have. */
export function part(entity: EntityName, key: string, fields: object = {}, revision?: number): CruxDataPart {
  return { entity, key, value: { ...fields }, event: 'updated', ...(revision !== undefined && { revision }) }
}

/** Puts animation frames into the hands of the test; call what is given to draw one. */
export function useFrames(): { draw: () => void; requested: () => number } {
  let waiting = new Map<number, () => void>()
  let last = 0
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => {
    last += 1
    waiting.set(last, callback)
    return last
  })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => waiting.delete(id))
  onTestFinished(() => void vi.unstubAllGlobals())
  return {
    draw() {
      const due = waiting
      waiting = new Map()
      for (const callback of due.values()) callback()
    },
    requested: () => waiting.size,
  }
}

/** What the client shows of everything it knows, as plain data. */
export function shownBy(client: CruxClient): unknown {
  const plans = client.getPlans({ includeDiscarded: true })
  const planIds = [...new Set([...plans.map(({ id }) => id), 'p1', 'p2'])]
  return {
    plans,
    lists: planIds.map((id) => client.getTaskListsByPlan(id)),
    tasks: ['l1', 'l2'].map((id) => [client.getTasks(id), client.getTaskIds(id), client.getTaskTree(id)]),
  }
}
