import type { BrowserContext, Page } from 'playwright'
import { describe, expect } from 'vitest'
import { executablePath, test } from './fixtures.ts'
import { hasDone, isDone, isOpen, readScreen, untilScreen } from './screen.ts'

describe.skipIf(executablePath === undefined)('a tool that needs an approval', () => {
  test('waits for a person while others work, and runs once when it is approved', async ({
    demo,
    openUnattended,
    complaints,
  }) => {
    const page = await openUnattended(demo.origin)
    const said = await announcementsOf(page)
    await page.getByRole('textbox').press('Enter')
    await cardOf(page).waitFor()
    await page.getByText('Waiting for you', { exact: true }).waitFor()
    expect(await cardOf(page).innerText()).toMatch(/University Press[^]*€18/)
    // Nobody is torn away from where they are.
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name'))
    expect(await focused()).toBe('topic')
    // The other two go on with what does not need it.
    const waiting = await untilScreen(page, hasDone(4))
    expect(waiting.rows.find(({ task }) => task === 'objections')?.status).toBe('in_progress')
    expect(await ordersOn(page)).toEqual([])

    const { release, count } = await holdDecisions(page)
    const approve = page.getByRole('button', { name: 'Approve' })
    await approve.focus()
    await page.keyboard.press('Enter')
    const busy = page.getByRole('button', { name: 'Approving…' })
    expect(await busy.getAttribute('aria-disabled')).toBe('true')
    await page.keyboard.press('Enter')
    release()

    await page.getByText('You approved: Order a source. Ordered: no.').waitFor()
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('You approved')
    await untilScreen(page, isDone)
    expect(count()).toBe(1)
    expect(await ordersOn(page)).toHaveLength(1)
    const asked = (await said()).filter((text) => text.includes('waiting for your approval'))
    expect(asked).toHaveLength(1)
    expect(complaints).toEqual([])
  })

  test('does not run when it is denied: the worker is told why, and goes on without it', async ({
    demo,
    browser,
    openUnattended,
    complaints,
  }) => {
    const context = await browser.newContext({
      viewport: { width: 375, height: 720 },
      hasTouch: true,
      isMobile: true,
    })
    const page = await openUnattended(demo.origin, context)
    await page.getByRole('button', { name: 'Start' }).tap()
    await cardOf(page).waitFor()
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    await cardOf(page).getByRole('textbox').fill('Too dear')
    await page.getByRole('button', { name: 'Decline' }).tap()
    await page.getByText('You declined: Order a source: “Too dear”.').waitFor()

    const { rows } = await untilScreen(page, isDone)
    expect(rows.find(({ task }) => task === 'objections')?.text).toContain('another stays unread')
    expect(await ordersOn(page)).toEqual([])
    await page.reload()
    await page.getByText('You declined: Order a source: “Too dear”.').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('is let run by no forged approval, and by no replayed one', async ({
    demo,
    browser,
    context,
    openUnattended,
  }) => {
    const { page, request } = await startAndWait(demo.origin, context, openUnattended)
    const otherContext = await browser.newContext()
    const { request: foreign } = await startAndWait(demo.origin, otherContext, openUnattended)
    const { approvalId, approvalToken } = request
    // What everybody sees of a task has no token in it.
    expect(await (await context.request.get(demo.origin)).text()).toContain(approvalId)
    expect(await (await context.request.get(demo.origin)).text()).not.toContain(approvalToken.slice(0, 40))

    const answer = (token: string | undefined, approved = true) =>
      decide(context, demo.origin, { approvalId, approved, approvalToken: token })
    const [version, payload] = approvalToken.split('.')
    const foreignMac = foreign.approvalToken.split('.').at(-1)
    const forgeries = [
      [undefined, 'missing-token'],
      ['x', 'malformed'],
      [`${version}.${payload}.${foreignMac}`, 'bad-signature'],
      [foreign.approvalToken, 'mismatch'],
    ] as const
    for (const [token, code] of forgeries) {
      expect(await answer(token)).toEqual([403, { error: 'This approval does not count.', code }])
    }
    expect(await ordersOn(page)).toEqual([])
    await cardOf(page).waitFor()

    const twice = await Promise.all([answer(approvalToken), answer(approvalToken)])
    expect(new Set(twice.map(([status]) => status))).toEqual(new Set([204, 409]))
    const decided = [409, { error: 'This was decided before.', code: 'consumed' }]
    expect(await answer(approvalToken)).toEqual(decided)
    expect(await answer(undefined, false)).toEqual(decided)
    await untilScreen(page, isDone)
    expect(await answer(approvalToken)).toEqual(decided)
    expect(await ordersOn(page)).toHaveLength(1)
    await otherContext.close()
  })

  test('is not let run by its token after it was denied', async ({ demo, context, openUnattended }) => {
    const { page, request } = await startAndWait(demo.origin, context, openUnattended)
    const { approvalId, approvalToken } = request
    expect(await decide(context, demo.origin, { approvalId, approved: false })).toEqual([204, undefined])
    const [status] = await decide(context, demo.origin, { approvalId, approved: true, approvalToken })
    expect(status).toBe(409)
    await untilScreen(page, isDone)
    expect(await ordersOn(page)).toEqual([])
  })

  test('is neither seen nor decided by another session', async ({
    demo,
    browser,
    context,
    openUnattended,
  }) => {
    const { page, request } = await startAndWait(demo.origin, context, openUnattended)
    const otherContext = await browser.newContext()
    const other = await openUnattended(demo.origin, otherContext)
    expect(await readScreen(other)).toEqual({ plan: undefined, overall: undefined, rows: [] })
    expect(await requestsOf(otherContext, demo.origin)).toEqual([])
    const { approvalId, approvalToken } = request
    for (const approved of [true, false]) {
      expect(await decide(otherContext, demo.origin, { approvalId, approved, approvalToken })).toEqual([
        404,
        { error: 'There is no such request.' },
      ])
    }
    expect((await fetch(`${demo.origin}/api/approvals`)).status).toBe(401)
    expect((await fetch(`${demo.origin}/api/approvals`, { method: 'POST' })).status).toBe(401)

    await cardOf(page).waitFor()
    expect(await requestsOf(context, demo.origin)).toEqual([request])
    await otherContext.close()
  })

  test('is withdrawn when the run is stopped, and when the server dies', async ({
    demo,
    context,
    openUnattended,
  }) => {
    const { page, request } = await startAndWait(demo.origin, context, openUnattended)
    await page.getByRole('button', { name: 'Stop' }).click()
    await untilScreen(page, ({ rows }) => rows.every(({ status }) => !isOpen(status)))
    expect(await cardOf(page).count()).toBe(0)
    expect(await requestsOf(context, demo.origin)).toEqual([])
    const { approvalId, approvalToken } = request
    const late = await decide(context, demo.origin, { approvalId, approved: true, approvalToken })
    expect(late[0]).toBe(404)

    const again = await startAndWait(demo.origin, context, openUnattended)
    await demo.restart()
    await untilScreen(
      again.page,
      ({ rows }) => rows.length > 0 && rows.every(({ status }) => !isOpen(status)),
    )
    expect(await cardOf(again.page).count()).toBe(0)
    const afterwards = await decide(context, demo.origin, { ...again.request, approved: true })
    expect(afterwards[0]).toBe(404)
    expect(await ordersOn(again.page)).toEqual([])
  })
})

interface WaitingRequest {
  readonly approvalId: string
  readonly approvalToken: string
}

async function startAndWait(
  origin: string,
  context: BrowserContext,
  open: (origin: string, context: BrowserContext) => Promise<Page>,
): Promise<{ readonly page: Page; readonly request: WaitingRequest }> {
  const page = await open(origin, context)
  await page.getByRole('button', { name: 'Start' }).click()
  await cardOf(page).waitFor()
  const [request] = await requestsOf(context, origin)
  if (!request) throw new Error('The card is there, and the request is not.')
  return { page, request }
}

async function requestsOf(context: BrowserContext, origin: string): Promise<WaitingRequest[]> {
  return (await (await context.request.get(`${origin}/api/approvals`)).json()).requests
}

/** Status and body of the answer. */
async function decide(context: BrowserContext, origin: string, data: object): Promise<[number, unknown]> {
  const response = await context.request.post(`${origin}/api/approvals`, { data })
  return [response.status(), response.status() === 204 ? undefined : await response.json()]
}

function cardOf(page: Page) {
  return page.getByRole('form', { name: 'order a source?' })
}

/** The numbers of all orders that the page knows of. */
async function ordersOn(page: Page): Promise<string[]> {
  const lines = await page.locator('[data-approval]').allInnerTexts()
  return lines.flatMap((line) => line.match(/no\. \d+/g) ?? [])
}

/** Lets no decision reach the server until `release`, and counts them. */
async function holdDecisions(page: Page) {
  const { promise, resolve } = Promise.withResolvers<void>()
  let sent = 0
  await page.route('**/api/approvals', async (route) => {
    if (route.request().method() === 'POST') {
      sent += 1
      await promise
    }
    await route.continue()
  })
  return { release: resolve, count: () => sent }
}

/** What the live region says from now on. */
async function announcementsOf(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const region = document.querySelector('[role=status]')
    if (!region) throw new Error('There is no live region.')
    const heard: string[] = []
    new MutationObserver(() => heard.push(region.textContent ?? '')).observe(region, {
      characterData: true,
      childList: true,
      subtree: true,
    })
    Object.assign(globalThis, { heard })
  })
  return () => page.evaluate(() => Reflect.get(globalThis, 'heard'))
}
