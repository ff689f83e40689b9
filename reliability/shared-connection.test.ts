import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { findChromium, launchChromium } from '../scripts/find-chromium.mjs'
import { serveTabs } from './tabs/serve-tabs.ts'

/** More than the six connections to one host that a browser allows over HTTP/1.1. */
const tabCount = Number(process.env['CRUX_RUNS'] ?? 8)
const patience = { timeout: 30_000, interval: 20 }

const hasChromium = (await findChromium()) !== undefined
if (!hasChromium) console.warn('No Chromium found: the connection that tabs share is not tested.')

let browser: Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<NonNullable<typeof browser>['newPage']>>
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
})

/** A server, and a browser that can open pages of it. */
async function start() {
  const server = await serveTabs()
  const context = await browser?.newContext()
  if (context === undefined) throw new Error('There is no browser.')
  onTestFinished(async () => {
    await context.close()
    await server[Symbol.asyncDispose]()
  })
  const openTab = async (share = 'user-1') => {
    const page = await context.newPage()
    await page.goto(`${server.origin}/?share=${share}`)
    await untilStatus(page, 'live')
    return page
  }
  return { server, openTab }
}

const untilStatus = (page: Page, status: string) =>
  vi.waitFor(async () => expect(await page.evaluate(() => tab.status())).toBe(status), patience)

const untilVersion = (page: Page, version: number) =>
  vi.waitFor(async () => expect((await page.evaluate(() => tab.versions())).at(-1)).toBe(version), patience)

test.skipIf(!hasChromium)(
  'REL-13 CLI-4 that many tabs have one connection, and a normal fetch still works in each',
  { timeout: 120_000 },
  async ({ annotate }) => {
    const { server, openTab } = await start()
    const pages: Page[] = []
    while (pages.length < tabCount) pages.push(await openTab())
    const { version } = await server.write()
    for (const page of pages) await untilVersion(page, version)
    const answers = await Promise.all(
      pages.map((page) => page.evaluate(async () => (await fetch('/ping')).text())),
    )
    expect(answers).toEqual(pages.map(() => '/ping'))
    expect([server.open(), server.cursors]).toEqual([1, [undefined]])
    await annotate(`${pages.length} tabs, 1 connection`, 'reached')
  },
)

test.skipIf(!hasChromium).each(['closed', 'crashed'])(
  'CLI-4 when the tab with the connection is %s, another goes on without a gap',
  { timeout: 120_000 },
  async (how) => {
    const { server, openTab } = await start()
    const pages = [await openTab(), await openTab(), await openTab()]
    const leads = await Promise.all(pages.map((page) => page.evaluate(() => tab.isLeading())))
    expect(leads).toEqual([true, false, false])
    const [leader, ...others] = pages
    for (const page of pages) await untilVersion(page, (await server.write()).version)

    // Changes go on while it goes.
    const going = how === 'closed' ? leader?.close() : leader?.goto('chrome://crash').catch(() => {})
    const isGone = vi.waitFor(() => expect(server.cursors.length).toBeGreaterThan(1), patience)
    let last = await server.write()
    const writing = new AbortController()
    void isGone.finally(() => writing.abort())
    while (!writing.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      last = await server.write()
    }
    await isGone
    for (const page of others) {
      await untilVersion(page, last.version)
      const versions = await page.evaluate(() => tab.versions())
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
      expect(await page.evaluate(() => tab.status())).toBe('live')
    }
    expect(server.cursors).toEqual([undefined, expect.stringMatching(/\.\d+$/)])
    await vi.waitFor(() => expect(server.open()).toBe(1), patience)
    await going
  },
)

test.skipIf(!hasChromium)(
  'CLI-4 a failure shows in every tab, and retry() in one that only listens brings all back',
  { timeout: 120_000 },
  async () => {
    const { server, openTab } = await start()
    const pages = [await openTab(), await openTab(), await openTab()]
    server.refuse(true)
    server.cut()
    for (const page of pages) await untilStatus(page, 'failed')
    expect(await Promise.all(pages.map((page) => page.evaluate(() => tab.error())))).toEqual(
      pages.map(() => 'SseClientError: The server answered 403.'),
    )
    expect(server.cursors).toHaveLength(2)

    server.refuse(false)
    const { version } = await server.write()
    await pages[2]?.evaluate(() => tab.retry())
    for (const page of pages) {
      await untilStatus(page, 'live')
      await untilVersion(page, version)
    }
    expect([server.open(), server.cursors.length]).toEqual([1, 3])
  },
)

test.skipIf(!hasChromium)('CLI-4 different names never share', { timeout: 120_000 }, async () => {
  const { server, openTab } = await start()
  await openTab('user-1')
  await openTab('user-2')
  expect([server.open(), server.cursors]).toEqual([2, [undefined, undefined]])
})
