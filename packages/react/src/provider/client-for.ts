import {
  createCruxClient,
  type CruxClient,
  type CruxTransport,
  type DehydratedState,
} from '@crux/core/client'

const clients = new WeakMap<CruxTransport, CruxClient>()

/**
 * The client of a transport. In a browser it is found again by the transport object, because React forgets the state of
 * a provider that suspends before it ever mounted (RCT-2). On a server each render has its own: a transport made at
 * module level serves all users there.
 */
export function clientFor(transport: CruxTransport, initialState: DehydratedState | undefined): CruxClient {
  if (typeof window === 'undefined') return createCruxClient({ transport, initialState })
  let client = clients.get(transport)
  if (!client) clients.set(transport, (client = createCruxClient({ transport, initialState })))
  return client
}
