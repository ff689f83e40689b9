import { CruxError } from '@crux/core'

/**
 * What Redis answers when it refused a call before doing anything, and what to do about it. Only these words reach an
 * error: the rest of what a server or client library says may hold addresses, keys and values.
 */
const refusals: Readonly<Record<string, string>> = {
  BUSY: 'a script of someone else keeps it busy',
  CLUSTERDOWN: 'the cluster does not serve this slot; look at CLUSTER INFO',
  LOADING: 'it is still loading its data; try again later',
  MASTERDOWN: 'its master is away; try again later',
  MISCONF: 'it cannot write to its disk; look at its log',
  NOAUTH: 'it wants a password; give the client one',
  NOPERM: 'this user may not do that; see the README for the commands that the store needs',
  NOREPLICAS: 'too few of its replicas are there; try again later',
  OOM: 'it has no memory left; raise maxmemory, or purge what has ended',
  READONLY: 'it is a replica; connect to the master',
  TRYAGAIN: 'the slot is being moved; try again later',
  WRONGPASS: 'it does not know this user or password',
}

/** Client libraries say this of a command that they did not send. */
const notSent =
  /^(The client is (offline|closed)|(Stream isn't writeable|Cluster isn't ready) and enableOfflineQueue)/

/** True if the command of that error surely never left this process, so that it may be sent again. */
export function wasNotSent(error: unknown): boolean {
  return notSent.test(messageOf(error))
}

/** True if a script was not executed and is to be sent again with its text and an epoch. */
export function needsEpoch(error: unknown): boolean {
  return /^(NOSCRIPT|NOEPOCH) /.test(messageOf(error))
}

/** The error of a call that was sent. `outcome` is `none` if Redis refused it, else nobody knows (STO-5). */
export function callFailed(error: unknown): CruxError {
  const message = messageOf(error)
  const word = /^[A-Z]+(?= )/.exec(message)?.[0] ?? ''
  const advice = refusals[word]
  if (advice !== undefined)
    return unavailable(`Redis refused a call with ${word}: ${advice}.`, { outcome: 'none', reason: word })
  if (word !== '')
    return unavailable(`Redis answered a call with the error ${word}.`, { outcome: 'unknown', reason: word })
  return unavailable(`The connection to Redis was lost during a call${because(error)}: try again later.`, {
    outcome: 'unknown',
  })
}

/** The error of a call that was not sent; `error` is why the last connection failed. */
export function notConnected(error: unknown): CruxError {
  return unavailable(`Redis is not connected${because(error)}, so nothing was sent: try again later.`, {
    outcome: 'none',
  })
}

/** The error of data that this version did not write. */
export function brokenData(): CruxError {
  return unavailable(
    'Redis holds, under the keys of this store, something that this version of the store did not write: use another keyPrefix.',
    { outcome: 'unknown' },
  )
}

function unavailable(message: string, details: Readonly<Record<string, unknown>>): CruxError {
  return new CruxError('store-unavailable', message, { details })
}

/** The code of a network error, such as ` (ECONNREFUSED)`. */
function because(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? ` (${code})` : ''
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
