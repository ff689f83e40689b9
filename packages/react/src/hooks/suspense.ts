import type { CruxClient } from '@crux/core/client'
import { subscribeTo, type Source } from './source.ts'

/**
 * How long one wait holds the connection open, in milliseconds. Then the component renders and waits again, unless it
 * was given up meanwhile: React does not tell when it drops a tree that never mounted.
 */
const WAIT_MS = 10_000

const waits = new WeakMap<CruxClient, Map<string, Promise<void>>>()

/** What a suspending hook throws in a browser: a promise, or the error that ended the connection (RCT-2). */
export function whyNotYet(client: CruxClient, source: Source<unknown>): unknown {
  const { status, error } = client.getConnection()
  if (status === 'failed') return error ?? new Error(`The connection failed before ${source.name} was known.`)

  const waiting = waits.get(client) ?? new Map<string, Promise<void>>()
  waits.set(client, waiting)
  const known = waiting.get(source.name)
  if (known) return known
  const wait = waitUntilKnown(client, source).finally(() => waiting.delete(source.name))
  waiting.set(source.name, wait)
  return wait
}

/**
 * What a suspending hook throws on a server, where it never waits: React sends the nearest fallback, and the browser
 * renders the content (RCT-2).
 */
export function whyNotOnServer(source: Source<unknown>): Error {
  const error = new Error(`${source.name} is not in initialState: the browser renders this part.`)
  // Next.js logs what breaks off server rendering as a fault, unless it carries this digest.
  return Object.assign(error, { digest: 'BAILOUT_TO_CLIENT_SIDE_RENDERING' })
}

async function waitUntilKnown(client: CruxClient, source: Source<unknown>): Promise<void> {
  // Subscribing connects, which may notify other components: not in the middle of a render.
  await Promise.resolve()
  let undo = () => {}
  let timer: ReturnType<typeof setTimeout> | undefined
  await new Promise<void>((resolve) => {
    const check = () => {
      if (source.read(client) !== undefined || client.getConnection().status === 'failed') resolve()
    }
    undo = subscribeTo(client, source, check)
    timer = setTimeout(resolve, WAIT_MS)
    check()
  })
  clearTimeout(timer)
  undo()
}
