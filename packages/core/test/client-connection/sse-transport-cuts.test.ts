import { createSSETransport } from '@crux/core/client'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { liveScript, type ScriptCommit } from './live-script.ts'
import { recordingSink } from './recording-sink.ts'
import { scriptedFetch } from './scripted-fetch.ts'

const runs = Number(process.env.CRUX_RUNS ?? 200)

interface Cut {
  /** How many bytes of a connection arrive. */
  readonly at: number
  /** How many bytes each read gives. */
  readonly size: number
  /** How many commits there are at least when the next connection begins. */
  readonly commits: number
  /** Whether the body ends in order, as through a proxy, or breaks. */
  readonly isClean: boolean
}

/** Runs a session whose connections are cut like this, one after another, and whose last one is whole. */
async function session(commits: readonly ScriptCommit[], cuts: readonly Cut[]) {
  const script = liveScript(commits)
  const record = recordingSink()
  let begun = 0
  const { fetch, attempts } = scriptedFetch((attempt, index) => {
    const cut = cuts[index]
    const bytes = new TextEncoder().encode(
      script.frames(attempt.headers.get('last-event-id') ?? '', begun).join(''),
    )
    begun = Math.max(begun, cut?.commits ?? 0)
    attempt.open()
    const arriving = bytes.subarray(0, cut?.at)
    const size = cut?.size ?? bytes.length
    for (let at = 0; at < arriving.length; at += size) attempt.send(arriving.subarray(at, at + size))
    if (!cut) return
    if (cut.isClean) attempt.end()
    // After what was sent has been read, as on a socket.
    else setTimeout(attempt.breakOff)
  })
  const undo = createSSETransport('https://example.test/', { fetch, backoff: { baseMs: 0 } }).connect(
    record.sink,
  )
  await vi.waitFor(() => expect(record.status()).toBe('ended'), { interval: 1, timeout: 5_000 })
  undo()
  return { record, script, attempts }
}

const commits: ScriptCommit[] = [
  ['p1', 'l1'],
  ['l1/a', 'l1'],
  ['p2'],
  ['l1/b'],
  ['l1/a', 'l1'],
  ['l1/b', 'l1/a', 'l1'],
]

test('CLI-3 a session cut at any of its bytes ends in the same state, and no revision comes twice', async () => {
  const length = new TextEncoder().encode(liveScript(commits).frames('', 2).join('')).length
  const at = Array.from({ length }, (_, index) => index)
  // Each of these waits a millisecond or two, so many go at once.
  while (at.length > 0) {
    await Promise.all(
      at.splice(0, 100).map(async (byte) => {
        const cut = { at: byte, size: 7, commits: 2 + (byte % 3), isClean: byte % 2 === 0 }
        const { record, script, attempts } = await session(commits, [{ ...cut, commits: 2 }, cut])
        expect(record.entities()).toEqual(script.final())
        expect(record.repeated).toEqual([])
        expect(attempts.length).toBeLessThanOrEqual(3)
      }),
    )
  }
})

test('CLI-3 random commits, cuts and pieces end in the same state, and no revision comes twice', async () => {
  const key = fc.constantFrom('p1', 'p2', 'l1', 'l1/a', 'l1/b', 'l1/c', 'l2', 'l2/a')
  const commit = fc.uniqueArray(key, { minLength: 1, maxLength: 4 })
  const cut = fc.record({
    at: fc.nat({ max: 4_000 }),
    size: fc.integer({ min: 1, max: 600 }),
    commits: fc.nat({ max: 20 }),
    isClean: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(commit, { minLength: 1, maxLength: 20 }),
      fc.array(cut, { maxLength: 4 }),
      async (written, cuts) => {
        const { record, script } = await session(
          written,
          cuts.map((each) => ({ ...each, commits: Math.min(each.commits, written.length) })),
        )
        expect(record.entities()).toEqual(script.final())
        expect(record.repeated).toEqual([])
      },
    ),
    { numRuns: runs },
  )
})

test('CLI-13 arbitrary bytes from the server never break the transport', async () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'event: data-crux\n',
      'event: crux-sync\n',
      'event: crux-end\n',
      'event: stream-error\n',
      'id: e.1\n',
      'id: sse:end\n',
      'retry: 1\n',
      'data: {"phase":"reset"}\n',
      'data: {"phase":"ready","heartbeatMs":-1}\n',
      'data: {"phase":"ready","heartbeatMs":1e999}\n',
      'data: {"reason":"x","reconnect":false}\n',
      'data: {"entity":"plan","key":"__proto__","value":{"__proto__":{"x":1}},"revision":1}\n',
      'data: {"entity":"plan","key":"k","value":null,"revision":-1}\n',
      'data: {"entity":"toString","key":"k"}\n',
      '\n',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.uint8Array({ maxLength: 30 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
      const record = recordingSink()
      const { fetch } = scriptedFetch((attempt, index) => {
        if (index > 0) return attempt.answer(204)
        attempt.open()
        for (const bytes of pieces) attempt.send(bytes)
        attempt.end()
      })
      const undo = createSSETransport('https://example.test/', { fetch, backoff: { baseMs: 0 } }).connect(
        record.sink,
      )
      await vi.waitFor(() => expect(record.status()).toMatch(/ended|failed/), { interval: 1, timeout: 2_000 })
      undo()
      expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
    }),
    { numRuns: runs },
  )
})
