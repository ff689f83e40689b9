import { runReported } from './report-error.ts'
import type { Topic } from './topic.ts'

/** Someone who wants to hear of changes under some topics. */
export interface Subscriber {
  topics: ReadonlySet<Topic>
  readonly onChange: () => void
}

/** Who listens to what. Announcing costs what the subscribers of the announced topics cost, and no more (CLI-11). */
export interface Subscriptions {
  readonly add: (subscriber: Subscriber) => void
  readonly delete: (subscriber: Subscriber) => void
  /** From now on the subscriber hears of these topics and of no other. */
  readonly move: (subscriber: Subscriber, topics: ReadonlySet<Topic>) => void
  /** Calls each subscriber once, even if several of its topics changed. One that throws breaks nobody else. */
  readonly announce: (topics: Iterable<Topic>) => void
  readonly size: () => number
}

/** See `Subscriptions`. */
export function createSubscriptions(): Subscriptions {
  const subscribers = new Set<Subscriber>()
  const byTopic = new Map<Topic, Set<Subscriber>>()

  function listen(subscriber: Subscriber) {
    for (const topic of subscriber.topics) {
      const listening = byTopic.get(topic)
      if (listening) listening.add(subscriber)
      else byTopic.set(topic, new Set([subscriber]))
    }
  }

  function ignore(subscriber: Subscriber) {
    for (const topic of subscriber.topics) {
      const listening = byTopic.get(topic)
      listening?.delete(subscriber)
      if (listening?.size === 0) byTopic.delete(topic)
    }
  }

  return {
    add(subscriber) {
      subscribers.add(subscriber)
      listen(subscriber)
    },
    delete(subscriber) {
      subscribers.delete(subscriber)
      ignore(subscriber)
    },
    move(subscriber, topics) {
      ignore(subscriber)
      subscriber.topics = topics
      if (subscribers.has(subscriber)) listen(subscriber)
    },
    announce(topics) {
      const due = new Set<Subscriber>()
      for (const topic of topics) {
        for (const subscriber of byTopic.get(topic) ?? []) due.add(subscriber)
      }
      for (const subscriber of due) {
        // It may have left because of what another one did.
        if (subscribers.has(subscriber)) runReported(subscriber.onChange)
      }
    },
    size: () => subscribers.size,
  }
}
