import type { ConnectionStatus, CruxTransport, TransportSink } from './crux-transport.ts'

// The first of these that any transport has is what the whole shows.
const byWeight: readonly ConnectionStatus[] = [
  'live',
  'reconnecting',
  'connecting',
  'failed',
  'ended',
  'idle',
]

/**
 * Several transports as one: all feed the same cache, each with snapshots of its own, and revisions sort out what comes
 * twice. The whole is ready when each is that is not a `stream`, and shows the best status that any has; `retry` goes
 * to those that are not live (CLI-8).
 *
 * @example
 * const transport = combineTransports(createSSETransport('/api/crux'), chatTransport)
 */
export function combineTransports(...transports: readonly CruxTransport[]): CruxTransport {
  // Kept over reconnects, so that a transport's next snapshot replaces what its last connection delivered.
  const combinations = new WeakMap<TransportSink, Combination>()
  return {
    kind: transports.every(isStream) ? 'stream' : 'combined',
    connect(sink) {
      const combination = combinations.get(sink) ?? createCombination(transports, sink)
      combinations.set(sink, combination)
      return combination.connect()
    },
    retry: (sink) => combinations.get(sink)?.retry(),
  }
}

interface Combination {
  readonly connect: () => () => void
  readonly retry: () => void
}

/** One of the transports: its place in the sink, and how it stands. */
interface Strand {
  readonly transport: CruxTransport
  readonly sink: TransportSink
  status: ConnectionStatus
  error: unknown
  isReady: boolean
  disconnect: (() => void) | undefined
}

function createCombination(transports: readonly CruxTransport[], sink: TransportSink): Combination {
  let isConnected = false

  const strands = transports.map((transport) => {
    const fork = sink.fork()
    const strand: Strand = {
      transport,
      sink: {
        ...fork,
        ready() {
          fork.ready()
          strand.isReady = true
          if (strand.status === 'connecting' || strand.status === 'reconnecting') strand.status = 'live'
          tell()
        },
        status(status, error) {
          strand.status = status
          strand.error = error
          tellStatus()
        },
      },
      status: 'idle',
      error: undefined,
      isReady: false,
      disconnect: undefined,
    }
    return strand
  })

  function start(strand: Strand) {
    try {
      strand.disconnect = strand.transport.connect(strand.sink)
    } catch (error) {
      strand.sink.status('failed', error)
    }
  }

  function tellStatus() {
    if (!isConnected) return
    const status = byWeight.find((candidate) => strands.some((strand) => strand.status === candidate))
    if (status) sink.status(status, strands.find((strand) => strand.status === status)?.error)
  }

  function tell() {
    tellStatus()
    const isReady = strands.every((strand) => strand.isReady || isStream(strand.transport))
    if (isConnected && isReady && strands.some((strand) => strand.isReady)) sink.ready()
  }

  return {
    connect() {
      for (const strand of strands) {
        strand.status = 'idle'
        strand.error = undefined
        strand.isReady = false
        start(strand)
      }
      // Not before all are connected: what they deliver at once is shown together.
      isConnected = true
      tell()
      let isUndone = false
      return () => {
        if (isUndone) return
        isUndone = true
        isConnected = false
        for (const strand of strands) strand.disconnect?.()
      }
    },
    retry() {
      for (const strand of strands) {
        const { transport, status, sink: own } = strand
        if (status === 'live' || status === 'idle') continue
        if (transport.retry) {
          transport.retry(own)
        } else {
          strand.disconnect?.()
          start(strand)
        }
      }
    },
  }
}

function isStream(transport: CruxTransport): boolean {
  return transport.kind === 'stream'
}
