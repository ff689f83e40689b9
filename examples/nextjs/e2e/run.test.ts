import { describe, expect } from 'vitest'
import { executablePath, test } from './fixtures.ts'
import { hasDone, isDone, readScreen, untilScreen } from './screen.ts'

describe.skipIf(executablePath === undefined)('a run in the browser', () => {
  test('is started by the keyboard and seen live, from the plan to the second try and the end', async ({
    demo,
    open,
    complaints,
  }) => {
    const page = await open(demo.origin)
    await page.evaluate(recordAnnouncements)
    // Past the links to the other screens.
    for (let presses = 0; presses < 5; presses += 1) await page.keyboard.press('Tab')
    await page.keyboard.type('Why bread rises')
    await page.keyboard.press('Enter')

    const states = new Set<string>()
    const versions = new Set<string>()
    let together = 0
    await untilScreen(page, (screen) => {
      for (const row of screen.rows) states.add(`${row.task} ${row.status} ${row.attempt} ${row.percent}`)
      versions.add(/Version \d+/.exec(screen.plan ?? '')?.[0] ?? '')
      together = Math.max(together, screen.rows.filter(({ status }) => status === 'in_progress').length)
      return isDone(screen)
    })
    const end = await readScreen(page)
    expect(end.plan).toContain('Why bread rises')
    expect(end.overall).toBe('11 of 11 tasks')
    expect(together).toBe(3)
    expect(versions.size).toBeGreaterThanOrEqual(4)
    expect(states.size).toBeGreaterThan(30)
    expect([...states]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^numbers failed 1/),
        expect.stringMatching(/^numbers completed 2/),
      ]),
    )

    const announced = (await page.evaluate(() => globalThis.said)).join(' ')
    expect(announced).toContain('Plan written: Why bread rises.')
    expect(announced).toContain('Pull the numbers: failed, The statistics service refused')
    expect(announced).toContain('Pull the numbers: trying again, attempt 2.')
    expect(announced).toContain('All tasks are done.')
    expect(announced).not.toMatch(/%|Reading/)
    // Next.js has one more, in a shadow tree, for navigations.
    const regions = await page.evaluate(
      () => document.querySelectorAll('[aria-live], [role=status], [role=alert]').length,
    )
    expect(regions).toBe(1)
    expect(complaints).toEqual([])
  })

  test('is the same after a reload and in a second tab', async ({ demo, open, complaints }) => {
    const first = await open(demo.origin)
    await first.getByRole('button', { name: 'Start' }).click()
    await untilScreen(first, hasDone(1))

    const second = await open(demo.origin)
    await untilScreen(second, hasDone(1))
    await first.reload()
    const reloaded = await readScreen(first)
    // The page comes with its content: nothing has to arrive first.
    expect(reloaded.rows).toHaveLength(8)

    await Promise.all([untilScreen(first, isDone), untilScreen(second, isDone)])
    expect(await readScreen(second)).toEqual(await readScreen(first))
    expect(complaints).toEqual([])
  })

  test('is stopped by a button, and then nothing of it is open', async ({ demo, open, complaints }) => {
    const page = await open(demo.origin)
    await page.getByRole('button', { name: 'Start' }).click()
    await untilScreen(page, ({ rows }) => rows.some(({ status }) => status === 'in_progress'))
    await page.getByRole('button', { name: 'Stop' }).click()
    const { rows } = await untilScreen(page, ({ rows: now }) =>
      now.every(({ status }) => status === 'cancelled'),
    )
    expect(rows).toHaveLength(8)
    await page.getByText('Stopped.').first().waitFor()
    expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('is not seen by another session, nor stopped by it', async ({ demo, browser, open, complaints }) => {
    const mine = await open(demo.origin)
    await mine.getByRole('button', { name: 'Start' }).click()
    const stopRequest = mine.waitForRequest((request) => request.method() === 'DELETE')
    await untilScreen(mine, ({ rows }) => rows.length > 0)

    const otherContext = await browser.newContext()
    const other = await open(demo.origin, otherContext)
    expect(await readScreen(other)).toEqual({ plan: undefined, overall: undefined, rows: [] })

    await mine.getByRole('button', { name: 'Stop' }).click()
    const { url, status } = await other.evaluate(
      async (target) => {
        const response = await fetch(target, { method: 'DELETE' })
        return { url: target, status: response.status }
      },
      (await stopRequest).url(),
    )
    expect(url).toContain('plan=session%3A')
    expect(status).toBe(404)

    expect((await fetch(`${demo.origin}/api/live`)).status).toBe(401)
    const forged = await fetch(`${demo.origin}/api/live`, { headers: { cookie: 'crux-session=a:b' } })
    expect(forged.status).toBe(401)
    await otherContext.close()
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([])
  })

  test('leaves room for the next one, and both can be looked at', async ({ demo, open }) => {
    const page = await open(demo.origin)
    for (const topic of ['First topic', 'Second topic']) {
      await page.getByRole('textbox').fill(topic)
      await page.getByRole('textbox').press('Enter')
      await page.getByRole('heading', { name: topic }).waitFor()
    }
    const runs = page.getByRole('navigation', { name: 'Runs' })
    await runs.getByRole('button', { name: 'First topic' }).click()
    await page.getByRole('heading', { name: 'First topic' }).waitFor()
    expect(await runs.getByRole('button').count()).toBe(2)
  })

  test('fits on a phone', async ({ demo, browser, open }) => {
    const context = await browser.newContext({
      viewport: { width: 375, height: 720 },
      hasTouch: true,
      isMobile: true,
    })
    const page = await open(demo.origin, context)
    await page.getByRole('button', { name: 'Start' }).tap()
    await untilScreen(page, hasDone(1))
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await context.close()
  })
})

declare global {
  /** What the live region of the page has said. */
  var said: string[]
}

/** Runs in the page. */
function recordAnnouncements() {
  globalThis.said = []
  const region = document.querySelector('[role=status]')
  if (!region) throw new Error('There is no live region.')
  const note = () => globalThis.said.push(region.textContent ?? '')
  new MutationObserver(note).observe(region, { characterData: true, childList: true, subtree: true })
}
