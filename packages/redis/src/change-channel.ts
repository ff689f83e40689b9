import type { OpenConnection, RedisConnection } from './redis-connection.ts'

/** How long after a connection gave up another one is opened, in milliseconds. */
const reopenMs = 1_000

/**
 * Listens to a channel over a connection of its own, and opens another one when that gives up; gives the undo.
 * `onSubscribed` is called after each reconnect too.
 */
export function listenToChannel(
  open: OpenConnection,
  channel: string,
  subscriber: { readonly onSubscribed: () => void; readonly onMessage: (message: string) => void },
): () => void {
  let connection: RedisConnection | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  const begin = () => {
    const mine = open({
      onReady: () => {},
      // Polling finds what is missed meanwhile (STO-5).
      onError: () => {},
      onEnd: () => {
        if (isOver || connection !== mine) return
        connection = undefined
        mine.close()
        timer = setTimeout(begin, reopenMs)
      },
    })
    connection = mine
    mine.subscribe(channel, subscriber)
  }

  begin()
  return () => {
    isOver = true
    clearTimeout(timer)
    connection?.close()
  }
}
