import type { CruxClient, CruxTransport, DehydratedState } from '@crux/core/client'
import { useEffect, useState, type ReactNode } from 'react'
import { clientFor } from './client-for.ts'
import { CruxContext } from './crux-context.ts'

/** Either a transport, from which the provider makes its client, or a client that was made elsewhere. */
export type CruxProviderProps = TransportProviderProps | ClientProviderProps

/** A provider that makes its client. */
export interface TransportProviderProps {
  /**
   * Where changes come from. May be made inline: the first one is kept, and those of kind `stream` are all connected.
   * For another connection, such as another user's, give the provider another React `key` too.
   */
  readonly transport: CruxTransport
  readonly client?: undefined
  /** What `dehydrate()` gave on the server: the first render shows it, on the server and while hydrating (RCT-4). */
  readonly initialState?: DehydratedState | undefined
  readonly children?: ReactNode
}

/** A provider of a client that is there already. */
export interface ClientProviderProps {
  /** A client of your own; it has its own `initialState`. */
  readonly client: CruxClient
  readonly transport?: undefined
  readonly initialState?: undefined
  readonly children?: ReactNode
}

/**
 * Gives the hooks below it their client, and keeps that connected while mounted. After an unmount it disconnects within
 * a second or so (CLI-10), so that StrictMode and route changes do not reconnect.
 *
 * @example
 * <CruxProvider transport={createSSETransport('/api/live')}>
 *   <Work />
 * </CruxProvider>
 */
export function CruxProvider(props: CruxProviderProps): ReactNode {
  return props.client ? <ClientProvider {...props} /> : <TransportProvider {...props} />
}

function ClientProvider({ client, children }: ClientProviderProps) {
  // A mounted provider counts as a subscriber, also while nothing below it reads anything.
  useEffect(() => client.subscribe('connection', () => {}), [client])
  return <CruxContext.Provider value={client}>{children}</CruxContext.Provider>
}

function TransportProvider({ transport, initialState, children }: TransportProviderProps) {
  const [first] = useState(() => ({ transport, client: clientFor(transport, initialState) }))
  const { client } = first
  useEffect(() => {
    // Whoever writes `createStreamTransport()` inline feeds the newest one: each is connected, and none is kept.
    if (transport !== first.transport && transport.kind === 'stream') client.attach(transport)
  }, [client, first, transport])
  return <ClientProvider client={client}>{children}</ClientProvider>
}
