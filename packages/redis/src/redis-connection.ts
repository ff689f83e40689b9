/** One connection of the store's own, of whatever library. It connects by itself, again and again until `close`. */
export interface RedisConnection {
  /** True while a command would be sent at once. */
  readonly isReady: () => boolean
  /** Sends one command, never keeps it for later. `key` says which node of a cluster is asked. */
  readonly send: (key: string, command: string, args: readonly string[]) => Promise<unknown>
  /** Listens to a channel from now on, also after each reconnect. */
  readonly subscribe: (channel: string, subscriber: Subscriber) => void
  /** Ends it at once; what has no answer yet is rejected. */
  readonly close: () => void
}

/** What a connection tells whoever opened it. */
export interface ConnectionEvents {
  /** It can be used, for the first time or again. */
  readonly onReady: () => void
  /** Something failed; it may come back by itself. */
  readonly onError: (error: unknown) => void
  /** It gave up and never comes back. */
  readonly onEnd: () => void
}

/** Who listens to a channel. */
export interface Subscriber {
  /** It listens, for the first time or again: what was published before may have been missed. */
  readonly onSubscribed: () => void
  readonly onMessage: (message: string) => void
}

/** Opens a connection with the settings of the client that the store was given. */
export type OpenConnection = (events: ConnectionEvents) => RedisConnection
