import { runReported } from '../errors/report-error.ts'
import type { Topic } from './topic.ts'

/** Someone who wants to hear of changes. */
export interface Subscriber {
  readonly onChange: () => void
  /** Set by `listen`. */
  topics?: ReadonlySet<Topic>
}

/** Who listens to what. Announcing costs what the subscribers of the announced topics cost, and no more (CLI-11). */
export interface Subscriptions {
  /** From now on the subscriber hears of these topics and of no other; none is to leave. */
  readonly listen: (subscriber: Subscriber, topics: ReadonlySet<Topic>) => void
  /** Calls each subscriber once, even if several of its topics changed. One that throws breaks nobody else. */
  readonly announce: (topics: Iterable<Topic>) => void
}

/** See `Subscriptions`. */
export function createSubscriptions(): Subscriptions {
  const byTopic = new Map<Topic, Set<Subscriber>>()
  return {
    listen(subscriber, topics) {
      for (const topic of subscriber.topics ?? []) {
        const listening = byTopic.get(topic)
        listening?.delete(subscriber)
        if (listening?.size === 0) byTopic.delete(topic)
      }
      subscriber.topics = topics
      for (const topic of topics) {
        const listening = byTopic.get(topic)
        if (listening) listening.add(subscriber)
        else byTopic.set(topic, new Set([subscriber]))
      }
    },
    announce(topics) {
      const due = new Set<Subscriber>()
      for (const topic of topics) for (const subscriber of byTopic.get(topic) ?? []) due.add(subscriber)
      for (const subscriber of due) {
        // It may have left because of what another one did.
        if (subscriber.topics?.size) runReported(subscriber.onChange)
      }
    },
  }
}
