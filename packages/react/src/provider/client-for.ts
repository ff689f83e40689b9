import {
  createCruxClient,
  type CruxClient,
  type CruxTransport,
  type DehydratedState,
} from '@crux/core/client'

interface Known {
  readonly client: CruxClient
  readonly initialState: DehydratedState | undefined
}

const clients = new WeakMap<CruxTransport, Known>()

/**
 * The client of a transport. In a browser it is found again by the transport object, because React forgets the state of
 * a provider that suspends before it ever mounted (RCT-2). On a server each render has its own: a transport made at
 * module level serves all users there.
 */
export function clientFor(transport: CruxTransport, initialState: DehydratedState | undefined): CruxClient {
  const known = clients.get(transport)
  if (known && isCurrent(known, initialState)) return known.client
  const client = createCruxClient({ transport, initialState })
  if (typeof window !== 'undefined') clients.set(transport, { client, initialState })
  return client
}

/** A page that brings a state of its own gets it, rather than what a client knew that nobody has used meanwhile. */
function isCurrent({ client, initialState: own }: Known, initialState: DehydratedState | undefined): boolean {
  return initialState === undefined || initialState === own || client.getConnection().status !== 'idle'
}
