import { createCruxClient, createMockTransport } from '@crux/core/client'
import { expect, test, vi } from 'vitest'

test('CLI-10 a client connects on its first subscriber and shows what the transport has', () => {
  const transport = createMockTransport({ plans: [{ id: 'p1', title: 'Launch', createdAt: 1 }] })
  const client = createCruxClient({ transport })
  expect(client.getPlans()).toEqual([])
  const listener = vi.fn()
  const stop = client.subscribe('plans', listener)
  expect(listener).toHaveBeenCalledTimes(1)
  expect(client.getPlan('p1')).toMatchObject({ title: 'Launch' })
  expect(client.getConnection()).toMatchObject({ status: 'live', isReady: true })
  stop()
})
