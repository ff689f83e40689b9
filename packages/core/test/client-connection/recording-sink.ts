import { CruxError } from '@crux/core/errors'
import type { ConnectionStatus, TransportSink } from '@crux/core/client'

type Part = Parameters<TransportSink['apply']>[0][number]

export type SinkCall =
  | ['reset']
  | ['apply', ...string[]]
  | ['ready']
  | ['status', ConnectionStatus]
  | ['status', ConnectionStatus, string]

/** A sink that keeps what it was told, and the state that follows from it (D1). */
export function recordingSink() {
  const calls: SinkCall[] = []
  let entities = new Map<string, Part>()
  let snapshot: Map<string, Part> | undefined
  const repeated: Part[] = []
  let odd = 0
  const sink: TransportSink = {
    reset() {
      calls.push(['reset'])
      snapshot = new Map()
    },
    apply(changes) {
      calls.push([
        'apply',
        ...changes.map((part: unknown) => {
          const { key, revision } = Object(part)
          return key === undefined ? String(part) : revision === undefined ? key : `${key}@${revision}`
        }),
      ])
      for (const part of changes) {
        if (!Object(part).key) {
          odd++
          continue
        }
        const held = snapshot ? snapshot.get(part.key) : entities.get(part.key)
        if (held && (part.revision ?? Infinity) <= (held.revision ?? 0)) {
          repeated.push(part)
          continue
        }
        const target = snapshot ?? entities
        target.set(part.key, part)
      }
    },
    ready() {
      calls.push(['ready'])
      entities = snapshot ?? entities
      snapshot = undefined
    },
    status(status, error) {
      calls.push(
        error === undefined
          ? ['status', status]
          : ['status', status, CruxError.is<string>(error) ? error.code : 'unknown'],
      )
    },
    fork: () => sink,
  }
  return {
    sink,
    calls,
    entities: () => entities,
    /** Parts that were applied though their revision, or a later one, was there. */
    repeated,
    /** How many were no parts at all. */
    odd: () => odd,
    status: () => calls.findLast(([what]) => what === 'status')?.[1],
  }
}
