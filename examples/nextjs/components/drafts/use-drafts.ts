import {
  consumeStream,
  isTurnFailure,
  streamFromRoute,
  structuredAs,
  structuredSnapshot,
  type StructuredState,
} from '@crux/core/structured'
import { useStructuredStreams } from '@crux/react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { DraftKind, Email, ToDoList } from '../../agent/drafts.ts'
import { keepDrafts, type KeptDrafts } from './kept-drafts.ts'

/** What is asked of the model. */
export interface DraftsOrder {
  readonly topic: string
  readonly kinds: readonly DraftKind[]
  readonly breaks: boolean
}

export interface Drafts {
  readonly email: StructuredState<Email> | undefined
  readonly list: StructuredState<ToDoList> | undefined
  /** What the model is at work on; empty when it is not. */
  readonly writing: readonly DraftKind[]
  /** What the drafts are about. */
  readonly topic: string | undefined
  /** Why nothing came, in words for people. */
  readonly problem: string | undefined
  readonly write: (order: DraftsOrder) => Promise<void>
  readonly stop: () => void
}

/** One order, from the request to its end. */
interface Run {
  readonly order: DraftsOrder
  readonly controller: AbortController
  /** What was there, in case nothing comes. */
  readonly before: KeptDrafts
  hasArrived: boolean
  /** The page is about to go. Browsers cut its connections first, which would look as if the server had. */
  isLeaving: boolean
}

/**
 * Two objects that grow while the model writes them. Whatever ends their writing, what was written stays, here and in the
 * browser's storage, and the object itself says how it ended.
 */
export function useDrafts(kept: KeptDrafts): Drafts {
  const { applyStreamChunk, byStreamId, clear, get } = useStructuredStreams({ initialChunks: kept.chunks })
  const [order, setOrder] = useState<DraftsOrder>()
  const [topic, setTopic] = useState(kept.topic)
  const [problem, setProblem] = useState<string>()
  const run = useRef<Run>(undefined)

  const snapshotOf = (kinds: readonly DraftKind[]) =>
    kinds.flatMap((kind) => {
      const item = get(kind)
      return item ? structuredSnapshot(item.state) : []
    })

  function show(drafts: KeptDrafts) {
    clear()
    for (const chunk of drafts.chunks) applyStreamChunk(chunk)
    setTopic(drafts.topic)
  }

  /** Ends the run that is on. What it left open is broken and says why; if nothing came of it, it was as if never begun. */
  function end(code: string, message: string) {
    if (!run.current) return
    const { order: ended, controller, before, hasArrived } = run.current
    run.current = undefined
    controller.abort()
    setOrder(undefined)
    if (!hasArrived) return show(before)
    for (const kind of ended.kinds) {
      // Changes nothing where a draft is over.
      applyStreamChunk({ type: 'error', streamId: kind, dataType: kind, code, message })
    }
    keepDrafts({ topic: ended.topic, chunks: snapshotOf(both) })
  }

  async function write(asked: DraftsOrder) {
    if (run.current) return
    const mine: Run = {
      order: asked,
      controller: new AbortController(),
      before: { topic, chunks: snapshotOf(both) },
      hasArrived: false,
      isLeaving: false,
    }
    run.current = mine
    show({ topic: asked.topic, chunks: snapshotOf(both.filter((kind) => !asked.kinds.includes(kind))) })
    setOrder(asked)
    setProblem(undefined)

    const { signal } = mine.controller
    let isToldToFail = false
    await consumeStream(streamFromRoute({ endpoint: '/api/drafts', body: asked, signal }), {
      onChunk: (chunk) => {
        mine.hasArrived = true
        applyStreamChunk(chunk)
      },
      onError: ({ code, message }, chunk) => {
        // A failure of one draft is a matter of that draft.
        isToldToFail ||= chunk !== undefined && isTurnFailure(chunk)
        if (!mine.hasArrived) setProblem(code === 'http' ? message : unreachable)
      },
    })
    if (run.current !== mine) return
    if (mine.isLeaving) leave()
    else if (isToldToFail) end('broken', 'The server broke off.')
    else end('lost', 'The connection was lost.')
  }

  const leave = () => end('left', 'You left the page.')
  const onLeave = useEffectEvent(leave)
  useEffect(() => {
    const beforeLeave = () => {
      if (run.current) run.current.isLeaving = true
    }
    const goAway = () => onLeave()
    addEventListener('beforeunload', beforeLeave)
    addEventListener('pagehide', goAway)
    return () => {
      removeEventListener('beforeunload', beforeLeave)
      removeEventListener('pagehide', goAway)
      onLeave()
    }
  }, [])

  const [email, list] = [byStreamId['email']?.state, byStreamId['list']?.state]
  return {
    email: email && structuredAs<Email>(email, 'email'),
    list: list && structuredAs<ToDoList>(list, 'list'),
    writing: order?.kinds ?? nothing,
    topic,
    problem,
    write,
    stop: () => end('stopped', 'You stopped it.'),
  }
}

const both: readonly DraftKind[] = ['email', 'list']
const nothing: readonly DraftKind[] = []
const unreachable = 'The server does not answer. Try again in a moment.'
