import { createStreamTransport, createCruxStreamWriter, createCruxUIMessageStream } from '@crux/ai/stream'
import * as client from '@crux/core/client'
import * as server from '@crux/server'
import { expect, test } from 'vitest'

test('@crux/ai/stream is the server and the client of these names, and no second implementation', () => {
  expect(createCruxStreamWriter).toBe(server.createCruxStreamWriter)
  expect(createCruxUIMessageStream).toBe(server.createCruxUIMessageStream)
  expect(createStreamTransport).toBe(client.createStreamTransport)
})
