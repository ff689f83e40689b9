import type { UIMessage } from '@ai-sdk/react'
import { useEffect, useMemo, useSyncExternalStore } from 'react'

/** The messages that this browser has kept under a name; `undefined` on the server and while hydrating. */
export function useHistory(name: string): UIMessage[] | undefined {
  const isMounted = useSyncExternalStore(never, inBrowser, onServer)
  return useMemo(() => (isMounted ? read(name) : undefined), [isMounted, name])
}

/** Keeps the messages for the next visit. */
export function useKeepHistory(name: string, messages: UIMessage[]): void {
  useEffect(() => {
    try {
      localStorage.setItem(name, JSON.stringify(messages))
    } catch {
      // Full, or not allowed: the chat works on, and a reload begins anew.
    }
  }, [name, messages])
}

const never = () => () => {}
const inBrowser = () => true
const onServer = () => false

function read(name: string): UIMessage[] {
  try {
    const messages: unknown = JSON.parse(localStorage.getItem(name) ?? '[]')
    return Array.isArray(messages) ? messages : []
  } catch {
    return []
  }
}
