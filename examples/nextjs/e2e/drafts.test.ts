import { describe, expect } from 'vitest'
import { startCuttableProxy } from './cuttable-proxy.ts'
import {
  type Drafts,
  hasGrown,
  openDrafts,
  readDrafts,
  record,
  sheet,
  until,
  untilEnd,
} from './drafts-page.ts'
import { executablePath, test as base } from './fixtures.ts'
import { type HoldingProxy, startHoldingProxy } from './holding-proxy.ts'

/** With it a test looks at what is half written for as long as it wants, however slow the machine is. */
const test = base.extend<{ line: HoldingProxy }>({
  line: async ({ demo }, provide) => {
    const line = await startHoldingProxy(demo.port)
    await provide(line)
    await line.close()
  },
})

/** Where the third item of the list begins: so far and no further. The email, which begins earlier, has its subject. */
const middle = '"items.2.what"'
const inTheMiddle = ({ email, list }: Drafts) => email.subject !== '' && list.items.length === 2

describe.skipIf(executablePath === undefined)('the drafts in the browser', () => {
  test('grow side by side, field by field, and are announced when they begin and when they end', async ({
    line,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(line.origin, openChat)
    await record(page)
    const topic = page.getByRole('textbox')
    await topic.fill('A walk along the coast')
    line.holdAfter(middle)
    await topic.press('Enter')
    const half = await until(page, inTheMiddle)
    expect(half).toMatchObject({ email: { isBusy: true }, list: { isBusy: true } })
    expect(half.email.paragraphs.length).toBeLessThan(5)
    line.release()
    const end = await untilEnd(page, 'done', 'done')

    const moments = await page.evaluate(() => globalThis.moments)
    const shrunk = moments.filter((moment, index) => index > 0 && !hasGrown(moments[index - 1]!, moment))
    expect(shrunk).toEqual([])
    // None before the one above it is whole.
    for (const { list } of moments) {
      for (const [index, item] of list.items.slice(0, -1).entries())
        expect(item).toEqual(end.list.items[index])
    }
    expect(end.email.subject).toBe('A walk along the coast: are you in?')
    expect(end.email.tone).toBe('warm, with a wink')
    expect(end.email.paragraphs).toHaveLength(5)
    expect(end.list.items).toHaveLength(6)
    expect(end.list.items.every((item) => item.every((text) => text !== ''))).toBe(true)

    const announced = (await page.evaluate(() => globalThis.announced)).join(' ')
    expect(announced).toMatch(
      /^Writing the email and the list\. The (email|list) is written\. The (email|list) is written\.$/,
    )
    const regions = await page.evaluate(
      () => document.querySelectorAll('[aria-live], [role=status], [role=alert]').length,
    )
    expect(regions).toBe(1)
    expect(complaints).toEqual([])
  })

  test('stay as they are when they are stopped, and are written anew', async ({
    line,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(line.origin, openChat)
    line.holdAfter(middle)
    await page.getByRole('button', { name: 'Write' }).click()
    await until(page, inTheMiddle)
    // What is in the field is for the next time, and does not keep anybody from stopping.
    await page.getByRole('textbox').fill('')
    await page.getByRole('button', { name: 'Stop' }).click()
    const stopped = await untilEnd(page, 'stopped', 'stopped')
    expect(inTheMiddle(stopped)).toBe(true)
    line.release()
    await page.waitForTimeout(300)
    expect(await readDrafts(page)).toEqual(stopped)

    await sheet(page, 'List').getByRole('button', { name: 'Write it again' }).click()
    // Where the keyboard was is gone; it goes on in the same sheet.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('List')
    const mended = await untilEnd(page, 'stopped', 'done')
    expect(mended.email).toEqual(stopped.email)
    expect(mended.list.items).toHaveLength(6)

    await page.getByRole('textbox').fill('Something else')
    await page.getByRole('button', { name: 'Write', exact: true }).click()
    await until(page, ({ email }) => email.isBusy)
    const whole = await untilEnd(page, 'done', 'done')
    expect(whole.email.subject).toBe('Something else: are you in?')
    expect(whole.email.paragraphs).toHaveLength(5)
    expect(complaints).toEqual([])
  })

  test('that were stopped before anything came leave the page as it was', async ({
    demo,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(demo.origin, openChat)
    const topic = page.getByRole('textbox')
    await topic.fill('A picnic')
    // Its answer is held back, so that nothing comes.
    await page.route('**/api/drafts', () => {})
    await topic.press('Enter')
    await until(page, ({ email }) => email.isBusy)
    await topic.press('Enter')
    await page.getByText('The model writes an email and a list').waitFor()
    expect(await page.locator('[data-draft]').count()).toBe(0)

    await page.unrouteAll()
    await topic.press('Enter')
    const whole = await untilEnd(page, 'done', 'done')
    expect(whole.email.subject).toBe('A picnic: are you in?')
    expect(complaints).toEqual([])
  })

  test('say so when the model fails in the middle of one, and only that one is written again', async ({
    demo,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(demo.origin, openChat)
    await record(page)
    await page.getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Write' }).click()
    const failed = await untilEnd(page, 'done', 'broken')
    expect(failed.list.items).toHaveLength(4)
    expect(failed.list.items.at(-1)).toEqual([
      'Ask the neighbour about the cat',
      'Bo · Sunday',
      expect.stringMatching(/^She said/),
    ])
    await sheet(page, 'List').getByText('The model broke off. What was written is kept.').waitFor()
    expect(await page.evaluate(() => globalThis.announced)).toContainEqual(
      expect.stringContaining('The list is not complete: The model broke off.'),
    )

    const seen = await page.evaluate(() => globalThis.moments.length)
    await sheet(page, 'List').getByRole('button', { name: 'Write it again' }).click()
    const mended = await untilEnd(page, 'done', 'done')
    // The other one stands still meanwhile.
    const moments = await page.evaluate((from) => globalThis.moments.slice(from), seen)
    expect(moments.filter(({ email }) => email.paragraphs.length < 5)).toEqual([])
    expect(mended.email).toEqual(failed.email)
    expect(mended.list.items).toHaveLength(6)
    expect(complaints).toEqual([])
  })

  test('are there after a reload, also when it came in the middle, and say that they are not whole', async ({
    line,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(line.origin, openChat)
    await page.getByRole('textbox').fill('A walk')
    line.holdAfter(middle)
    await page.getByRole('button', { name: 'Write' }).click()
    const seen = await until(page, inTheMiddle)
    await page.reload()
    const cut = await untilEnd(page, 'left', 'left')
    expect(hasGrown(seen, cut)).toBe(true)
    expect(inTheMiddle(cut)).toBe(true)
    line.release()
    expect(await page.getByRole('textbox').inputValue()).toBe('A walk')
    // What is there when the page opens is no news.
    expect(await page.getByRole('status').textContent()).toBe('')

    await page.getByRole('button', { name: 'Write', exact: true }).click()
    await until(page, ({ email }) => email.isBusy)
    const whole = await untilEnd(page, 'done', 'done')
    await page.reload()
    expect(await untilEnd(page, 'done', 'done')).toEqual(whole)
    expect(complaints).toEqual([])
  })

  test('are there when somebody went to another screen meanwhile', async ({ line, openChat, complaints }) => {
    const page = await openDrafts(line.origin, openChat)
    line.holdAfter(middle)
    await page.getByRole('button', { name: 'Write' }).click()
    const seen = await until(page, inTheMiddle)
    await page.getByRole('link', { name: 'Drop-in' }).click()
    await page.getByRole('heading', { name: 'The same agent as before' }).waitFor()
    await page.getByRole('link', { name: 'Drafts' }).click()
    const left = await untilEnd(page, 'left', 'left')
    expect(hasGrown(seen, left)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('are kept when the line is cut, and when the server cannot be reached afterwards', async ({
    line,
    openChat,
  }) => {
    const proxy = await startCuttableProxy(line.port)
    try {
      const page = await openDrafts(proxy.origin, openChat)
      line.holdAfter(middle)
      await page.getByRole('button', { name: 'Write' }).click()
      const seen = await until(page, inTheMiddle)
      proxy.cut()
      line.release()
      const cut = await untilEnd(page, 'lost', 'lost')
      expect(hasGrown(seen, cut)).toBe(true)

      await page.getByRole('button', { name: 'Write', exact: true }).click()
      await page.getByRole('alert').filter({ hasText: 'The server does not answer.' }).waitFor()
      expect(await untilEnd(page, 'lost', 'lost')).toEqual(cut)

      proxy.mend()
      await page.getByRole('button', { name: 'Write', exact: true }).click()
      await untilEnd(page, 'done', 'done')
      expect(await page.getByRole('alert').filter({ hasText: 'The server' }).count()).toBe(0)
    } finally {
      await proxy.close()
    }
  })

  test('fit a phone, as do the other screens beside a fourth link', async ({
    demo,
    browser,
    openChat,
    complaints,
  }) => {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 }, isMobile: true })
    try {
      const page = await openDrafts(demo.origin, openChat, context)
      await page.getByRole('button', { name: 'Write' }).click()
      await untilEnd(page, 'done', 'done')
      for (const path of ['/drafts', '/chat', '/drop-in', '/']) {
        await page.goto(demo.origin + path)
        await page.getByRole('link', { name: 'Drafts' }).waitFor()
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
      }
      expect(complaints).toEqual([])
    } finally {
      await context.close()
    }
  })
})
