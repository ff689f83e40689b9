// What runs in each page: a client that shares its connection under the name in `?share=`.
import { createCruxClient, createSSETransport } from '@crux/core/client'

const client = createCruxClient({
  transport: createSSETransport('/live', {
    share: new URLSearchParams(location.search).get('share') ?? '',
    backoff: { baseMs: 10, maxMs: 100 },
  }),
})

/** Each version of the plan that was shown, in order. */
const versions: number[] = []
client.subscribe({ entity: 'plan', key: 'p' }, () => versions.push(client.getPlan('p')?.version ?? 0))

/** What a test asks of a page. */
export interface TabMethods {
  readonly status: () => string
  readonly error: () => unknown
  readonly versions: () => readonly number[]
  readonly retry: () => void
  /** Whether this tab has the lock, and so the connection. */
  readonly isLeading: () => Promise<boolean>
}

declare global {
  var tab: TabMethods
}

const id = crypto.randomUUID()
void navigator.locks.request(`page ${id}`, () => new Promise(() => {}))

globalThis.tab = {
  status: () => client.getConnection().status,
  error: () => String(client.getConnection().error),
  versions: () => versions,
  retry: client.retry,
  async isLeading() {
    const { held = [] } = await navigator.locks.query()
    const own = held.find(({ name }) => name === `page ${id}`)
    return held.some(({ name, clientId }) => name?.startsWith('crux ') && clientId === own?.clientId)
  },
}
