import type { CruxClient } from '@crux/core/client'
import { createContext, useContext } from 'react'

/** Carries the client from the provider to the hooks. */
export const CruxContext = /* @__PURE__ */ createContext<CruxClient | undefined>(undefined)

/**
 * The client of the nearest `<CruxProvider>`, for what the hooks do not cover: getters in event handlers, `subscribe`
 * without a render, `dehydrate()`. Throws outside a provider (RCT-6).
 */
export function useCruxClient(): CruxClient {
  const client = useContext(CruxContext)
  if (client) return client
  throw new Error('There is no <CruxProvider> above this component.')
}
