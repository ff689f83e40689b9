import type { Connection } from './connection.ts'
import type { CruxTransport, TransportSink } from './crux-transport.ts'

/** What a transport holds for each sink. */
export type Following = Pick<Connection, 'retry' | 'close'>

/** A transport with a connection of its own for each sink, from `connect` to the undo. */
export function createLiveTransport(kind: string, follow: (sink: TransportSink) => Following): CruxTransport {
  const followings = new Map<TransportSink, Following>()
  return {
    kind,
    connect(sink) {
      const following = follow(sink)
      followings.set(sink, following)
      sink.status('connecting')
      return () => {
        following.close()
        if (followings.get(sink) === following) followings.delete(sink)
      }
    },
    retry: (sink) => followings.get(sink)?.retry(),
  }
}

/** A following whose code is loaded first. If it cannot be loaded, or cannot begin, `orElse` takes its place. */
export function followOnceLoaded(loading: Promise<() => Following>, orElse: () => Following): Following {
  let following: Following | undefined
  let isClosed = false
  const start = (follow: () => Following) => {
    if (!isClosed) following = follow()
  }
  void loading.then(start).catch(() => start(orElse))
  return {
    retry: () => following?.retry(),
    close() {
      isClosed = true
      following?.close()
    },
  }
}
