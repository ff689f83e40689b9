import { encodeEvent } from '@crux/core/sse'

/**
 * A live store and its stream behind a `fetch`, without a network: plans by key, each change a commit of its own.
 * `random` decides how long an answer takes.
 */
export function liveFetch(random: () => number = () => 0) {
  const commits: { readonly key: string; readonly revision: number }[] = []
  const revisions = new Map<string, number>()
  const open = new Set<{ readonly send: (text: string) => void; readonly end: () => void }>()
  const cursors: (string | undefined)[] = []
  let mostOpen = 0
  let refusal: number | undefined

  const frame = ({ key, revision }: { key: string; revision: number }, id?: number) =>
    encodeEvent({
      event: 'data-crux',
      data: JSON.stringify({
        entity: 'plan',
        key,
        value: { title: `${key} ${revision}` },
        event: 'updated',
        revision,
      }),
      id: id === undefined ? undefined : `e.${id}`,
    })

  function missed(cursor: string | undefined): string {
    const after = Number(cursor?.slice(2) ?? 0)
    const newest = new Map(commits.slice(after).map((commit) => [commit.key, commit]))
    const reset = cursor === undefined ? encodeEvent({ event: 'crux-sync', data: '{"phase":"reset"}' }) : ''
    const ready = encodeEvent({ event: 'crux-sync', data: '{"phase":"ready"}', id: `e.${commits.length}` })
    return reset + [...newest.values()].map((commit) => frame(commit)).join('') + ready
  }

  return {
    /** The cursor of each request. */
    cursors,
    open: () => open.size,
    mostOpen: () => mostOpen,
    refuse: (status: number | undefined) => void (refusal = status),
    cut: () => {
      for (const { end } of open) end()
    },
    /** With `isLate` it overtakes another change that still waits, so that the cursor stays below both (LIVE-11). */
    put: (key: string, isLate = false) => {
      const revision = (revisions.get(key) ?? 0) + 1
      revisions.set(key, revision)
      commits.push({ key, revision })
      for (const { send } of open) send(frame({ key, revision }, commits.length - (isLate ? 1 : 0)))
    },
    /** The newest revision of each plan. */
    held: () => Object.fromEntries(revisions),
    fetchIn:
      (gone: AbortSignal): typeof fetch =>
      async (_input, init) => {
        const signal = init?.signal ? AbortSignal.any([init.signal, gone]) : gone
        signal.throwIfAborted()
        const cursor = new Headers(init?.headers).get('last-event-id') ?? undefined
        cursors.push(cursor)
        for (let turns = Math.floor(random() * 8); turns > 0; turns -= 1)
          await new Promise((resolve) => setImmediate(resolve))
        signal.throwIfAborted()
        if (refusal !== undefined) return new Response(null, { status: refusal })
        const encoder = new TextEncoder()
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            const connection = {
              send: (text: string) => controller.enqueue(encoder.encode(text)),
              end() {
                open.delete(connection)
                controller.close()
              },
            }
            open.add(connection)
            mostOpen = Math.max(mostOpen, open.size)
            signal.addEventListener('abort', () => {
              if (open.delete(connection)) controller.error(signal.reason)
            })
            connection.send(missed(cursor))
          },
        })
        return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
      },
  }
}
