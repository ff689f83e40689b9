/** Publishes at once after quiet, and at most once per animation frame while changes pour in. */
export interface FrameBatch {
  /**
   * Something changed. `now`: publish before this returns if nothing was published in this frame. `soon`: the caller has
   * more to say in this turn, so publish in a microtask at the earliest. Either way, else with the next frame.
   */
  readonly request: (when: 'now' | 'soon') => void
  /** Forgets what was requested. */
  readonly cancel: () => void
}

// Longer than any frame that is drawn. A page that is hidden after a frame was requested, or a frame outside the
// viewport, gets none: what waits must not wait for the user.
const frameLimitMs = 200

/**
 * One batch per frame (CLI-12). Without `requestAnimationFrame`, and while the page is hidden, a frame is a microtask.
 *
 *     quiet ──now──▶ publish ──▶ busy ──frame, nothing new──▶ quiet
 *       └──soon──▶ microtask ──▲  └──frame, something new──▶ publish
 */
export function createFrameBatch(publish: () => void): FrameBatch {
  let state: 'quiet' | 'soon' | 'busy' = 'quiet'
  let isWanted = false
  let cancelFrame = () => {}

  function run() {
    cancelFrame()
    // Before publishing: a listener that causes a change is part of the next frame, not of a recursion.
    state = 'busy'
    isWanted = false
    awaitFrame()
    publish()
  }

  function awaitFrame() {
    cancelFrame = onNextFrame(() => {
      if (isWanted) run()
      else state = 'quiet'
    })
  }

  return {
    request(when) {
      if (state === 'busy') {
        if (!isWanted && isHidden()) {
          cancelFrame()
          awaitFrame()
        }
        isWanted = true
      } else if (when === 'now') {
        run()
      } else if (state === 'quiet') {
        state = 'soon'
        queueMicrotask(() => {
          if (state === 'soon') run()
        })
      }
    },
    cancel() {
      cancelFrame()
      state = 'quiet'
      isWanted = false
    },
  }
}

function isHidden(): boolean {
  return typeof document !== 'undefined' && document.visibilityState === 'hidden'
}

function onNextFrame(callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isDue = true
  const cancel = () => {
    isDue = false
    clearTimeout(timer)
  }
  const once = () => {
    if (!isDue) return
    cancel()
    callback()
  }
  if (typeof requestAnimationFrame === 'function' && !isHidden()) {
    requestAnimationFrame(once)
    timer = setTimeout(once, frameLimitMs)
  } else {
    queueMicrotask(once)
  }
  return cancel
}
