import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { CruxTransport, TransportSink } from '../client/crux-transport.ts'
import type { CruxDataPart } from '../wire/crux-data-part.ts'
import { examplePart, examplePlan } from './example-entities.ts'
import type { TransportStep } from './create-scripted-transport.ts'

/** A transport, and hands on what it talks to. */
export interface TransportHarness {
  readonly transport: CruxTransport
  /** Makes the far side hold this value. Whoever is connected has to get it. */
  readonly put: (part: CruxDataPart) => unknown
  /** Cuts what is connected, in a way that the transport has to recover from by itself. Left out where there is none. */
  readonly cut?: (() => unknown) | undefined
  /** Makes the far side refuse everybody for good, or stop refusing. Left out where there is none. */
  readonly refuse?: ((isRefusing: boolean) => unknown) | undefined
  /** Ends what the harness started. */
  readonly close?: (() => unknown) | undefined
}

/**
 * The contract of a transport (CLI-1 to CLI-3), run over each implementation. `make` is called once per test; the far
 * side is empty at first.
 *
 * @example
 * describeTransportContract('createMockTransport', () => {
 *   const transport = createMockTransport()
 *   return { transport, put: ({ value }) => transport.set('plan', value) }
 * })
 */
export function describeTransportContract(
  name: string,
  make: () => TransportHarness | Promise<TransportHarness>,
): void {
  describe(`the contract of a transport: ${name}`, () => {
    async function open() {
      const harness = await make()
      const connect = () => {
        const record = createRecord()
        const undo = harness.transport.connect(record.sink)
        onTestFinished(undo)
        return { ...record, undo }
      }
      onTestFinished(() => void harness.close?.())
      return { ...harness, connect }
    }

    test('CLI-1 a connection begins with a snapshot of what there is, then says ready', async () => {
      const { connect, put } = await open()
      await put(first)
      const { steps, said, until, values } = connect()
      await until(() => expect(said('ready')).toBe(1))
      const calls = steps.map(({ type }) => type).filter((type) => type !== 'status')
      expect(calls[0]).toBe('reset')
      expect(calls.at(-1)).toBe('ready')
      expect(values()).toContainEqual(contentOf(first))
    })

    test('D9 an empty far side is ready too, and live', async () => {
      const { connect } = await open()
      const { said, status, until, values } = connect()
      await until(() => expect([said('ready'), status()]).toEqual([1, 'live']))
      expect(values()).toEqual([])
    })

    test('D1 a change reaches everybody who is connected', async () => {
      const { connect, put } = await open()
      const sinks = [connect(), connect()]
      for (const { said, until } of sinks) await until(() => expect(said('ready')).toBe(1))
      await put(first)
      await put(second)
      for (const { until, values } of sinks)
        await until(() => expect(values()).toContainEqual(contentOf(second)))
    })

    test('CLI-1 the undo is idempotent, ends the delivery, and leaves other sinks alone', async () => {
      const { connect, put } = await open()
      const [left, stayed] = [connect(), connect()]
      for (const { said, until } of [left, stayed]) await until(() => expect(said('ready')).toBe(1))
      left.undo()
      left.undo()
      const before = left.steps.length
      await put(first)
      await stayed.until(() => expect(stayed.values()).toContainEqual(contentOf(first)))
      expect(left.steps).toHaveLength(before)
    })

    test('CLI-1 each connect starts without a cursor, from a snapshot', async () => {
      const { connect, put } = await open()
      await put(first)
      const once = connect()
      await once.until(() => expect(once.said('ready')).toBe(1))
      once.undo()
      const again = connect()
      await again.until(() => expect(again.said('ready')).toBe(1))
      expect(again.said('reset')).toBeGreaterThan(0)
      expect(again.values()).toContainEqual(contentOf(first))
    })

    test('CLI-3 what happened while the connection was cut comes with the next ready', async ({ skip }) => {
      const { connect, put, cut } = await open()
      if (!cut) return skip('nothing can cut this transport')
      const { steps, said, status, until, values } = connect()
      await until(() => expect(said('ready')).toBe(1))
      await cut()
      await put(first)
      await until(() => expect(values()).toContainEqual(contentOf(first)))
      await until(() => expect(said('ready')).toBeGreaterThan(1))
      await until(() => expect(status()).toBe('live'))
      expect(steps).toContainEqual(expect.objectContaining({ type: 'status', status: 'reconnecting' }))
    })

    test('CLI-2 a refusal is failed, with its error, until somebody retries', async ({ skip }) => {
      const { connect, put, refuse, transport } = await open()
      if (!refuse) return skip('nothing can refuse this transport')
      await refuse(true)
      const { sink, steps, said, status, undo, until, values } = connect()
      await until(() => expect(status()).toBe('failed'))
      expect(steps.findLast((step) => step.type === 'status')).toHaveProperty('error', expect.anything())

      await refuse(false)
      await put(first)
      if (transport.retry) {
        transport.retry(sink)
      } else {
        undo()
        onTestFinished(transport.connect(sink))
      }
      await until(() =>
        expect([values(), status()]).toEqual([expect.arrayContaining([contentOf(first)]), 'live']),
      )
      expect(said('ready')).toBeGreaterThan(0)
    })
  })
}

const first = examplePart('plan', examplePlan({ id: 'first' }))
const second = examplePart('plan', examplePlan({ id: 'second' }))

function contentOf({ entity, key, value }: CruxDataPart) {
  return { entity, key, value }
}

/** A sink that writes down what it is told; what comes through its forks too. */
function createRecord() {
  const steps: TransportStep[] = []
  const sink: TransportSink = {
    reset: () => steps.push({ type: 'reset' }),
    apply: (changes) => steps.push({ type: 'apply', changes }),
    ready: () => steps.push({ type: 'ready' }),
    status: (status, error) => steps.push({ type: 'status', status, error }),
    fork: () => ({ ...sink, ready: () => {}, status: () => {} }),
  }
  const until = (expectation: () => void) => vi.waitFor(expectation, { timeout: 4000, interval: 5 })
  return {
    sink,
    steps,
    until,
    status: () => steps.findLast((step) => step.type === 'status')?.status,
    said: (type: TransportStep['type']) => steps.filter((step) => step.type === type).length,
    /** What was delivered, without events and revisions, which the far side may number as it likes. */
    values: () => steps.flatMap((step) => (step.type === 'apply' ? step.changes.map(contentOf) : [])),
  }
}
