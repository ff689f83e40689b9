import { combineTransports, createMockTransport } from '@crux/core/client'
import { describeTransportContract, type TransportHarness } from '@crux/core/testing'
import type { CruxDataPart, Plan } from '@crux/core'

describeTransportContract('createMockTransport', () => mockHarness())

describeTransportContract('combineTransports of two', () => {
  const [first, second] = [mockHarness(), mockHarness()]
  return {
    transport: combineTransports(first.transport, second.transport),
    put(part) {
      first.put(part)
      second.put(part)
    },
    cut() {
      first.cut()
      second.cut()
    },
    refuse(isRefusing) {
      first.refuse(isRefusing)
      second.refuse(isRefusing)
    },
  }
})

describeTransportContract('combineTransports inside combineTransports', () => {
  const { transport, ...controls } = mockHarness()
  return { ...controls, transport: combineTransports(combineTransports(transport)) }
})

function mockHarness() {
  const transport = createMockTransport()
  return {
    transport,
    put: ({ value }: CruxDataPart) => transport.set('plan', value as unknown as Plan),
    cut() {
      transport.setStatus('reconnecting', new Error('cut'))
      queueMicrotask(() => transport.setStatus('live'))
    },
    refuse: (isRefusing: boolean) =>
      isRefusing ? transport.setStatus('failed', new Error('refused')) : transport.setStatus('live'),
  } satisfies TransportHarness
}
