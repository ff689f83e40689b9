import { createFrameBatch, runReported } from '@crux/core/client'

/** What was shown last, and who is told of it. */
export interface ChatPublisher<View> {
  /** Shows the state as it is, before this returns. */
  readonly publish: () => void
  /** Shows it at once after quiet, else with the next frame. */
  readonly request: () => void
  /** Shows it at once, instead of what was requested; `tell` is called when that is on the page. */
  readonly publishEnd: (tell: (() => void) | undefined) => void
  /** A render is on the page: those who wait for it are told. */
  readonly afterRender: () => void
  readonly subscribe: (listener: () => void) => () => void
  readonly getView: () => View
}

/** Makes the publisher of one chat (STR-48, STR-49). */
export function createChatPublisher<View>(takeView: () => View): ChatPublisher<View> {
  const listeners = new Set<() => void>()
  let view = takeView()
  let untold: (() => void)[] = []
  const batch = createFrameBatch(publish)

  function publish(): void {
    view = takeView()
    for (const listener of listeners) listener()
  }

  function afterRender(): void {
    const told = untold
    untold = []
    for (const tell of told) runReported(tell)
  }

  return {
    publish,
    request: () => batch.request('now'),
    publishEnd: (tell) => {
      if (tell) untold.push(tell)
      batch.cancel()
      publish()
    },
    afterRender,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    getView: () => view,
  }
}
