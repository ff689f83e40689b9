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
