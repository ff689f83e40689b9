import type { CruxClient, CruxTransport, DehydratedState } from '@crux/core/client'
import { CruxProvider } from '@crux/react'
import { renderHook } from '@testing-library/react'
import type { ReactNode } from 'react'
import { createManualTransport } from './manual-transport.ts'

/** Renders a hook below a provider with a transport that the test drives. */
export function renderWith<Result, Props>(
  use: (props: Props) => Result,
  { initialState, initialProps }: { initialState?: DehydratedState; initialProps?: Props } = {},
) {
  const transport = createManualTransport()
  const rendered = renderHook(use, {
    wrapper: withTransport(transport, initialState),
    ...(initialProps !== undefined && { initialProps }),
  })
  return { ...rendered, transport }
}

export function withTransport(transport: CruxTransport, initialState?: DehydratedState) {
  return ({ children }: { children: ReactNode }) => (
    <CruxProvider transport={transport} initialState={initialState}>
      {children}
    </CruxProvider>
  )
}

export function withClient(client: CruxClient) {
  return ({ children }: { children: ReactNode }) => <CruxProvider client={client}>{children}</CruxProvider>
}
