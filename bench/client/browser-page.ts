// Loaded before React, which looks at all of this once: production builds, a document, and who counts commits.
import { Window } from 'happy-dom'

process.env['NODE_ENV'] = 'production'

const window = new Window({ url: 'https://bench.test/' })
let commits = 0

Object.assign(globalThis, {
  window,
  document: window.document,
  // A frame of a screen with 60 of them per second.
  requestAnimationFrame: (callback: (at: number) => void) =>
    Number(setTimeout(() => callback(performance.now()), 1_000 / 60)),
  // React tells its developer tools of each commit, in production too.
  __REACT_DEVTOOLS_GLOBAL_HOOK__: {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot: () => (commits += 1),
    onPostCommitFiberRoot() {},
    onCommitFiberUnmount() {},
  },
})

/** How often React has changed the page so far. */
export function commitCount(): number {
  return commits
}
