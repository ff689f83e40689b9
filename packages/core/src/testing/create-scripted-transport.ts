import type { ConnectionStatus, CruxTransport, TransportSink } from '../client/crux-transport.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'

/** One call of a sink. */
export type TransportStep =
  | { readonly type: 'reset' | 'ready' }
  | { readonly type: 'apply'; readonly changes: readonly CruxDataPart[] }
  | { readonly type: 'status'; readonly status: ConnectionStatus; readonly error?: unknown }

/** A transport that does what a script says, and only when told to. */
export interface ScriptedTransport extends CruxTransport {
  /** Plays up to `count` further steps (1) to whoever is connected, and gives how many are left. */
  readonly play: (count?: number) => number
}

/**
 * A transport whose every call is written down beforehand: for showing what a client makes of a fault, wherever it
 * strikes. A step that is played while nobody is connected is lost, as on a real wire.
 */
export function createScriptedTransport(
  steps: readonly TransportStep[],
  { kind = 'scripted' }: { readonly kind?: string } = {},
): ScriptedTransport {
  const sinks = new Set<TransportSink>()
  const waiting = [...steps]
  return {
    kind,
    connect(sink) {
      sinks.add(sink)
      return () => {
        sinks.delete(sink)
      }
    },
    play(count = 1) {
      for (const step of waiting.splice(0, count)) for (const sink of sinks) takeStep(sink, step)
      return waiting.length
    },
  }
}

/**
 * A script that delivers each part at least once, but in an order, in batches and with repetitions that chance decides,
 * cut by reconnects. `random` gives numbers in `[0, 1)`.
 */
export function faultyScript(parts: readonly CruxDataPart[], random: () => number): TransportStep[] {
  const pick = (count: number) => Math.floor(random() * count)
  const waiting = parts.flatMap((part) => Array.from({ length: 1 + pick(3) }, () => part))
  const steps: TransportStep[] = []
  while (waiting.length > 0) {
    const changes = Array.from({ length: 1 + pick(4) }, () => waiting.splice(pick(waiting.length), 1)).flat()
    steps.push({ type: 'apply', changes })
    if (pick(8) === 0) steps.push({ type: 'status', status: 'reconnecting' }, { type: 'ready' })
  }
  return steps
}

function takeStep(sink: TransportSink, step: TransportStep): void {
  switch (step.type) {
    case 'reset':
      return sink.reset()
    case 'ready':
      return sink.ready()
    case 'apply':
      return sink.apply(step.changes)
    case 'status':
      return sink.status(step.status, step.error)
    default:
      return step satisfies never
  }
}
