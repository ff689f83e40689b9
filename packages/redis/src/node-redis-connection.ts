import type { OpenConnection } from './redis-connection.ts'

interface NodeRedisBase {
  readonly subscribe: (channel: string, listener: (message: string) => void) => Promise<unknown>
  readonly connect: () => Promise<unknown>
  readonly destroy: () => void
  readonly on: (event: string, listener: (...values: unknown[]) => void) => unknown
}

/** What the store uses of a client of `redis`. */
export interface NodeRedis extends NodeRedisBase {
  readonly isReady: boolean
  readonly sendCommand: (args: readonly string[]) => Promise<unknown>
  readonly duplicate: (options: object) => NodeRedis
}

/** What the store uses of a cluster client of `redis`. */
export interface NodeRedisCluster extends NodeRedisBase {
  /** Not public, but the only way to the credentials of the nodes, which `duplicate` would replace as a whole. */
  readonly _options?: { readonly defaults?: object }
  readonly sendCommand: (key: string, isReadonly: boolean, args: readonly string[]) => Promise<unknown>
  readonly duplicate: (options: object) => NodeRedisCluster
}

/**
 * With an offline queue, a command that was not yet written when a connection broke is executed after the reconnect,
 * long after its caller was told that it failed (STO-34).
 */
const settings = { disableOfflineQueue: true }

/** Replies as they are, whatever the client was told to make of them. */
const commandOptions = {}

/** Opens connections like that one of a client. */
export function openNodeRedis(client: NodeRedis): OpenConnection {
  return ({ onReady, onError, onEnd }) => {
    const own = client.duplicate({ ...settings, commandOptions })
    own.on('ready', onReady)
    own.on('error', onError)
    // It tries again by itself, unless its own strategy says that it gives up.
    own.connect().catch(onEnd)
    return {
      isReady: () => own.isReady,
      send: (_key, command, args) => own.sendCommand([command, ...args]),
      subscribe: (channel, { onSubscribed, onMessage }) => {
        let isSubscribed = false
        const subscribe = () => {
          // The library subscribes again by itself, before it says that it is ready.
          if (isSubscribed) return onSubscribed()
          isSubscribed = true
          own.subscribe(channel, onMessage).then(onSubscribed, () => (isSubscribed = false))
        }
        if (own.isReady) subscribe()
        own.on('ready', subscribe)
      },
      close: () => destroy(own),
    }
  }
}

/** Opens connections like those of a cluster client. */
export function openNodeRedisCluster(client: NodeRedisCluster): OpenConnection {
  return ({ onReady, onError, onEnd }) => {
    const defaults = { ...client._options?.defaults, ...settings }
    const own = client.duplicate({ defaults, commandOptions, useReplicas: false })
    let isConnected = false
    let subscribe = () => {}
    own.on('error', onError)
    own.connect().then(() => {
      isConnected = true
      onReady()
      subscribe()
    }, onEnd)
    return {
      isReady: () => isConnected,
      send: (key, command, args) => own.sendCommand(key, false, [command, ...args]),
      subscribe: (channel, { onSubscribed, onMessage }) => {
        subscribe = () => void own.subscribe(channel, onMessage).then(onSubscribed, onError)
        if (isConnected) subscribe()
        own.on('node-ready', onSubscribed)
      },
      close: () => {
        isConnected = false
        destroy(own)
      },
    }
  }
}

function destroy(client: NodeRedisBase): void {
  try {
    client.destroy()
  } catch {
    // It says that it was never connected.
  }
}
