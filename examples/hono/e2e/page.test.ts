import { chromium } from 'playwright'
import { expect, test } from 'vitest'
import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.mjs'
import { startExample } from './example-server.ts'

const executablePath = await findChromium()
if (executablePath === undefined) console.warn('No Chromium found: the page of examples/hono is not tested.')

test.skipIf(executablePath === undefined)(
  'SSE-31 SSE-34 native EventSources show progress and a log, and a cut connection loses and repeats no line',
  { timeout: 60_000 },
  async () => {
    // Between the first line and the last is the time to cut the connections.
    await using server = await startExample({ lineMs: 700 })
    const browser = await chromium.launch({ executablePath, args: chromiumFlags })
    try {
      const page = await browser.newPage()
      const complaints: string[] = []
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(server.origin)

      await page.getByText('Start a build').click()
      await page.getByText('Sign in first.').waitFor()
      await page.getByText('Sign in as Ada').click()
      await page.getByText('Signed in.').waitFor()
      await page.getByText('Start a build').click()

      await page.getByText('install: reading the lockfile').waitFor()
      await page.getByText('Cut the connections').click()
      await page.getByText(/^cut after line \d+$/).waitFor()
      await page.locator('#progress-state', { hasText: 'ended' }).waitFor()
      await page.locator('#log-state', { hasText: 'ended' }).waitFor()

      const lines = page.locator('#log li:not(.cut)')
      expect(await lines.evaluateAll((items) => items.map((item) => (item as HTMLLIElement).value))).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
      ])
      expect(await page.locator('#step').textContent()).toBe('succeeded')
      expect(await page.locator('#bar').getAttribute('value')).toBe('100')
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
    }
  },
)
