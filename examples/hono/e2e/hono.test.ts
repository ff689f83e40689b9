import { readFile } from 'node:fs/promises'
import { openEventStream } from '@crux/core/client'
import { parseEventStream, type SseMessage } from '@crux/core/sse'
import { describe, expect, test } from 'vitest'
import { startCuttingProxy } from './cutting-proxy.ts'
import { startExample } from './example-server.ts'
import { runCurl } from './run-curl.ts'

const key = 'authorization: Bearer ada-key'
const address = 'http://127.0.0.1:3000'
const log = `${address}/builds/1/log`
const lineCount = 12

async function messagesOf(text: string): Promise<SseMessage[]> {
  const messages: SseMessage[] = []
  for await (const message of parseEventStream(new Blob([text]).stream())) messages.push(message)
  return messages
}

const end = { event: 'end', id: 'sse:end' }
const numbersFrom = (first: number) =>
  Array.from({ length: lineCount + 1 - first }, (_, at) => `${first + at}`)

/** The commands of the README in their order, and what each prints. */
const commands: Readonly<Record<string, (output: string) => Promise<void> | void>> = {
  [`curl -i ${log}`]: (output) => {
    expect(output).toMatch(/^HTTP\/1\.1 401 /)
    expect(output).toContain('{"error":"Sign in first."}')
    expect(output).not.toContain('text/event-stream')
  },
  [`curl -X POST -H '${key}' ${address}/builds`]: (output) => expect(output).toBe('{"id":"1"}'),
  [`curl -N -H '${key}' ${address}/builds/1/progress`]: async (output) => {
    expect(output).toMatch(/^retry: 500\n\nevent: progress\ndata: \{"step":"\w+","percent":\d+\}\n\n/)
    const messages = await messagesOf(output)
    const percents = messages
      .filter(({ event }) => event === 'progress')
      .map(({ data }) => JSON.parse(data).percent)
    expect(percents.length).toBeGreaterThan(1)
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect(messages.slice(-2)).toMatchObject([{ event: 'done', data: '{"status":"succeeded"}' }, end])
  },
  [`curl -N -H '${key}' ${log}`]: async (output) => {
    expect(output).toMatch(/^retry: 500\n\nevent: line\nid: 1\ndata: install: reading the lockfile\n\n/)
    const messages = await messagesOf(output)
    expect(messages.map(({ id }) => id)).toEqual([...numbersFrom(1), end.id])
  },
  [`curl -N -H '${key}' -H 'last-event-id: 9' ${log}`]: async (output) => {
    const messages = await messagesOf(output)
    expect(messages.map(({ id }) => id)).toEqual([...numbersFrom(10), end.id])
  },
  [`curl -i -H '${key}' -H 'last-event-id: sse:end' ${log}`]: (output) => {
    expect(output).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\n\r\n$/)
  },
  [`curl -i -H 'authorization: Bearer bob-key' ${log}`]: (output) => {
    expect(output).toMatch(/^HTTP\/1\.1 404 /)
    expect(output).toContain('{"error":"You have no such build."}')
  },
}

test(
  'SSE-31 SSE-32 each command of the README prints what the README says',
  { timeout: 60_000 },
  async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    expect(readme.split('\n').filter((line) => line.startsWith('curl '))).toEqual(Object.keys(commands))

    // A build goes on for long enough to be seen at work.
    await using server = await startExample({ lineMs: 600 })
    for (const [command, check] of Object.entries(commands))
      await check(await runCurl(command.replace(address, server.origin)))
  },
)

describe('SSE-21 a connection that is cut', () => {
  const headers = { authorization: 'Bearer ada-key' }

  test('goes on with the next line, wherever in a line it was cut', { timeout: 60_000 }, async () => {
    await using server = await startExample({ lineMs: 60 })
    // In the first frame, in the middle of a line, after an id, and where nothing new had come.
    const cuts = [3, 70, 20, 125, 200]
    await using proxy = await startCuttingProxy(server.origin, cuts)
    const { id } = await (await fetch(`${server.origin}/builds`, { method: 'POST', headers })).json()

    const lines: SseMessage[] = []
    const stream = openEventStream(`${proxy.origin}/builds/${id}/log`, {
      headers,
      backoff: { baseMs: 1, maxMs: 1 },
      onEvent: (line) => lines.push(line),
    })
    expect(await stream.closed).toBe('ended')
    expect(proxy.connections()).toBe(cuts.length + 1)
    expect(lines.map((line) => line.id)).toEqual(numbersFrom(1))
    expect(new Set(lines.map(({ data }) => data)).size).toBe(lineCount)
  })
})

test(
  'SSE-34 a server that is told to stop lets its clients come back, and exits',
  { timeout: 60_000 },
  async () => {
    await using server = await startExample({ lineMs: 60_000 })
    const headers = { authorization: 'Bearer ada-key' }
    await fetch(`${server.origin}/builds`, { method: 'POST', headers })
    const response = await fetch(`${server.origin}/builds/1/progress`, { headers })
    const text = response.text()
    expect(await server.stop()).toBe(0)
    // Not cut off, and not told that it is over for good.
    expect(await text).toBe('retry: 500\n\nevent: progress\ndata: {"step":"install","percent":0}\n\n')
  },
)
