import { describe, expect } from 'vitest'
import { startCuttableProxy } from './cuttable-proxy.ts'
import { executablePath, test } from './fixtures.ts'
import { hasDone, isDone, isOpen, readScreen, untilScreen } from './screen.ts'

describe.skipIf(executablePath === undefined)('when something breaks', () => {
  test('a connection that is cut again and again ends in the right picture', async ({ demo, open }) => {
    const proxy = await startCuttableProxy(demo.port)
    try {
      const page = await open(proxy.origin)
      await page.getByRole('button', { name: 'Start' }).click()
      for (const count of [0, 1, 3, 5]) {
        await untilScreen(page, (screen) => screen.plan !== undefined && hasDone(count)(screen))
        proxy.cut()
        await page.getByText('Reconnecting', { exact: true }).waitFor()
        await page.waitForTimeout(400)
        proxy.mend()
        await page.getByText('Live', { exact: true }).waitFor()
      }
      const screen = await untilScreen(page, isDone)

      // Straight from the server, without the proxy: the same host, so the same session.
      const truth = await open(demo.origin)
      expect(await untilScreen(truth, isDone)).toEqual(screen)
    } finally {
      await proxy.close()
    }
  })

  test('a page that was offline for a while says so and then catches up', async ({ demo, context, open }) => {
    const proxy = await startCuttableProxy(demo.port)
    try {
      const page = await open(proxy.origin)
      await page.getByRole('button', { name: 'Start' }).click()
      const before = await untilScreen(page, hasDone(1))
      // Going offline alone leaves an open stream alone in Chromium.
      await context.setOffline(true)
      proxy.cut()
      await page.getByText('Reconnecting', { exact: true }).waitFor()
      await page.getByText(/^as of .* ago$/).waitFor()
      expect((await readScreen(page)).rows).toHaveLength(before.rows.length)
      proxy.mend()
      await context.setOffline(false)
      await page.getByText('Live', { exact: true }).waitFor()
      await untilScreen(page, isDone)
    } finally {
      await proxy.close()
    }
  })

  test('a server that dies loses nothing: what was done is there, what was open is settled', async ({
    demo,
    open,
    complaints,
  }) => {
    const page = await open(demo.origin)
    await page.getByRole('button', { name: 'Start' }).click()
    const finished = await untilScreen(page, isDone)

    await page.getByRole('textbox').fill('A second topic')
    await page.getByRole('textbox').press('Enter')
    await page.getByRole('heading', { name: 'A second topic' }).waitFor()
    await untilScreen(page, hasDone(1))
    await demo.restart()
    await page.getByText('Live', { exact: true }).waitFor()
    const settled = await untilScreen(page, ({ rows }) => rows.every(({ status }) => !isOpen(status)))
    await page.getByText('The server was restarted in the middle of it.').first().waitFor()
    expect(settled.rows.map(({ status }) => status)).toContain('completed')
    expect(settled.rows.map(({ status }) => status)).toContain('cancelled')
    expect(await page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0)

    // The same again without the page's own memory.
    await page.reload()
    expect((await readScreen(page)).rows).toEqual(settled.rows)
    await page.getByRole('button', { name: 'The return of night trains' }).click()
    await page.getByRole('heading', { name: 'The return of night trains' }).waitFor()
    expect(await readScreen(page)).toEqual(finished)
    expect(complaints.filter((text) => !text.includes('net::ERR'))).toEqual([])
  })

  test('a server that comes back without its memory leaves no ghost', async ({
    forgetfulDemo: demo,
    open,
  }) => {
    const page = await open(demo.origin)
    await page.getByRole('button', { name: 'Start' }).click()
    await untilScreen(page, hasDone(1))
    await demo.restart()
    await untilScreen(page, ({ plan, rows }) => plan === undefined && rows.length === 0)
    await page.getByText('Live', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Start' }).click()
    const screen = await untilScreen(page, hasDone(1))
    expect(screen.rows).toHaveLength(8)
    expect((await readScreen(page)).plan).toContain('The return of night trains')
  })
})
