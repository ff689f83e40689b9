import type { CruxClient, CruxClientView } from '@crux/core/client'
import type { Source } from './source.ts'

/**
 * How long one wait holds the connection open, in milliseconds. Then the component renders and waits again, unless it
 * was given up meanwhile: React does not tell when it drops a tree that never mounted.
 */
const WAIT_MS = 10_000

const waits = new WeakMap<CruxClient, Map<string, Promise<void>>>()

/** What a suspending hook throws in a browser: a promise, or the error that ended the connection (RCT-2). */
export function whyNotYet(client: CruxClient, { name, read }: Source<unknown>): unknown {
  const { status, error } = client.getConnection()
  if (status === 'failed') return error ?? new Error(`No connection, and ${name} is not known.`)

  // One wait for all that need the same, however often React tries to render them.
  const waiting = waits.get(client) ?? new Map<string, Promise<void>>()
  const wait = waiting.get(name) ?? waitUntilKnown(client, read).finally(() => waiting.delete(name))
  waits.set(client, waiting.set(name, wait))
  return wait
}

/**
 * What a suspending hook throws on a server, where it never waits: React sends the nearest fallback, and the browser
 * renders the content (RCT-2).
 */
export function whyNotOnServer({ name }: Source<unknown>): Error {
  const error = new Error(`${name} is not in initialState: left to the browser.`)
  // Next.js logs what breaks off server rendering as a fault, unless it carries this digest.
  return Object.assign(error, { digest: 'BAILOUT_TO_CLIENT_SIDE_RENDERING' })
}

async function waitUntilKnown(client: CruxClient, read: Source<unknown>['read']): Promise<void> {
  const isOver = (view: CruxClientView) =>
    read(view) !== undefined || view.getConnection().status === 'failed'
  // Subscribing connects, which may notify other components: not in the middle of a render.
  await Promise.resolve()
  let undo = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  await new Promise<void>((resolve) => {
    undo = client.subscribe(isOver, resolve)
    timer = setTimeout(resolve, WAIT_MS)
    if (isOver(client)) resolve()
  })
  clearTimeout(timer)
  undo()
}
