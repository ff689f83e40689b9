import type { PgClient } from './pg-module.ts'

/** A channel to listen to, and how to connect. */
export interface ListenOptions {
  readonly channel: string
  readonly wake: () => void
  /** Makes a client that is not connected yet. */
  readonly makeClient: () => Promise<PgClient>
}

/** The wait before connecting again: random, at first up to that many milliseconds, doubling up to the second. */
const firstPauseMs = 100
const longestPauseMs = 5_000

/**
 * Keeps a connection of its own that listens to a channel, and makes a new one when it is lost (STO-32). `wake` is
 * called for each notification, and after each connecting, because some may have been missed. Gives its undo.
 */
export function listenWithClient({ channel, wake, makeClient }: ListenOptions): () => void {
  let isOver = false
  let failures = 0
  /** Ends what is waited for: a connection or a pause. */
  let interrupt = () => {}

  /** Resolves or rejects when the connection is lost. */
  const listenOnce = async () => {
    const client = await makeClient()
    const ended = new Promise<void>((resolve) => {
      interrupt = resolve
      client.on('end', resolve)
      client.on('error', resolve)
    })
    client.on('notification', wake)
    const connecting = async () => {
      await client.connect()
      await client.query(`listen "${channel}"`)
      failures = 0
      wake()
    }
    try {
      if (isOver) return
      await Promise.race([ended, connecting().then(() => ended)])
    } finally {
      // Not waited for: a server that is silent says no goodbye either.
      client.end().catch(() => {})
    }
  }

  const pause = () =>
    new Promise<void>((resolve) => {
      const ms = Math.random() * Math.min(longestPauseMs, firstPauseMs * 2 ** failures++)
      const timer = setTimeout(resolve, ms)
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const run = async () => {
    while (!isOver) {
      // Whatever went wrong, it is tried again, and until then the store asks every `pollIntervalMs`.
      await listenOnce().catch(() => {})
      if (!isOver) await pause()
    }
  }

  // Handles its own errors.
  void run()
  return () => {
    isOver = true
    interrupt()
  }
}
