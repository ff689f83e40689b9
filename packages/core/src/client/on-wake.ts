/**
 * Calls `listener` when the network is back or the page becomes visible; gives its undo. Does nothing where there are
 * no such events: workers have only the first, Node and React Native neither.
 */
export function onWake(listener: () => void): () => void {
  const host: Partial<Pick<typeof globalThis, 'addEventListener' | 'removeEventListener' | 'document'>> =
    globalThis
  const { document } = host
  const onVisibility = () => {
    if (document?.visibilityState === 'visible') listener()
  }
  host.addEventListener?.('online', listener)
  document?.addEventListener('visibilitychange', onVisibility)
  return () => {
    host.removeEventListener?.('online', listener)
    document?.removeEventListener('visibilitychange', onVisibility)
  }
}
