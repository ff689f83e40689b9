import { createAlarm } from '../timing/alarm.ts'
import type { Connection } from './connection.ts'
import { followEvents, type FollowEventsOptions } from './follow-events.ts'
import { followPolls, type FollowPollsOptions } from './follow-polls.ts'
import type { LiveTarget } from './live-target.ts'
import type { SharedFollowing } from './share-with-tabs.ts'

/** How long a stream that opened may take until `ready`, in milliseconds. */
const patienceMs = 10_000
/** While there are polls, a stream is tried so often, in milliseconds. */
const trialDistanceMs = 60_000

/**
 * Follows a live store by a stream, and by polls where something holds its bytes back (CLI-5).
 *
 *     stream ──10 s open without ready──▶ polls ◀──────────10 s without ready, or lost──┐
 *        ▲                                  └──every 60 s──▶ polls beside a new stream ──┤
 *        └────────────────────────────────────────────────────────── ready ─────────────┘
 */
export function fallBackToPolls(
  url: string | URL,
  options: FollowEventsOptions & FollowPollsOptions,
  target: LiveTarget,
): SharedFollowing {
  const alarm = createAlarm()
  let polls: Connection | undefined
  let answers = 0
  let answersBefore = 0

  const fromStream: LiveTarget = {
    cursor() {
      answersBefore = answers
      return target.cursor()
    },
    opened() {
      if (!polls) alarm.set(patienceMs, poll)
    },
    deliver(delivery) {
      if (delivery.ready) {
        // Such a snapshot may lack what a poll has delivered since.
        if (delivery.reset && answersBefore < answers) return stream.close()
        polls?.close()
        polls = undefined
        alarm.set(Infinity, poll)
      }
      target.deliver(delivery)
    },
    status(status, error) {
      // One that was only tried is tried again at its time.
      if (polls) return stream.close()
      alarm.set(Infinity, poll)
      target.status(status, error)
    },
  }

  const fromPolls: LiveTarget = {
    cursor: target.cursor,
    deliver(delivery) {
      answers += 1
      target.deliver(delivery)
    },
    status(status, error) {
      if (status === 'connecting') alarm.set(trialDistanceMs, tryStream)
      if (status === 'ended' || status === 'failed') {
        alarm.set(Infinity, tryStream)
        stream.close()
      }
      target.status(status, error)
    },
  }

  function poll() {
    stream.close()
    polls = followPolls(url, options, fromPolls)
    alarm.set(trialDistanceMs, tryStream)
  }

  function tryStream() {
    alarm.set(patienceMs, giveUpStream)
    stream = followEvents(url, options, fromStream)
  }

  function giveUpStream() {
    stream.close()
    alarm.set(trialDistanceMs - patienceMs, tryStream)
  }

  let stream = followEvents(url, options, fromStream)
  return {
    retry: () => (polls ?? stream).retry(),
    wake: () => (polls ?? stream).wake(),
    close() {
      alarm.set(Infinity, poll)
      stream.close()
      polls?.close()
    },
  }
}
