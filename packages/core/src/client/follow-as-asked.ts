import type { Following } from './create-live-transport.ts'
import { fallBackToPolls } from './fall-back-to-polls.ts'
import { followEvents, type FollowEventsOptions } from './follow-events.ts'
import type { LiveTarget } from './live-target.ts'
import { shareWithTabs } from './share-with-tabs.ts'
import { withQuery } from './with-query.ts'

/** How, beside what a plain stream takes. */
export interface FollowAsAskedOptions extends FollowEventsOptions {
  readonly share?: string | boolean | undefined
  readonly pollFallback?: boolean | undefined
}

/** Follows a live store as options ask that few need: a chunk of its own. */
export function followAsAsked(
  url: string | URL,
  options: FollowAsAskedOptions,
  target: LiveTarget,
): Following {
  const { share, query, pollFallback } = options
  const { document, navigator, BroadcastChannel }: Partial<typeof globalThis> = globalThis
  const isShared = share && document && navigator?.locks && BroadcastChannel
  const follow = (to: LiveTarget) =>
    pollFallback
      ? fallBackToPolls(url, { ...options, pausesWhenHidden: !isShared }, to)
      : followEvents(url, options, to)
  if (!isShared) return follow(target)
  // Tabs of another release may say other things.
  const name = `crux 1 ${JSON.stringify([new URL(withQuery(url, query), document.baseURI).href, share])}`
  return shareWithTabs(navigator.locks, name, follow, target)
}
