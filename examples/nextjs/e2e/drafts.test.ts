import { collectBufferedStream } from '@crux/server'
import type { BrowserContext, Page } from 'playwright'
import { describe, expect } from 'vitest'
import { startCuttableProxy } from './cuttable-proxy.ts'
import { executablePath, type OpenPage, test } from './fixtures.ts'

process.env.DEMO_PACE = '0.005'
const { scriptedModel } = await import('../agent/scripted-model.ts')
const { writeDrafts } = await import('../agent/write-drafts.ts')

describe('the writing of drafts', () => {
  test('gives an email and a list, each in the same turn', async () => {
    const { structured, error } = await collectBufferedStream(({ signal }) =>
      writeDrafts({ topic: 'Bread', kinds: ['email', 'list'], breaks: false }, scriptedModel(), signal),
    )
    expect(error).toBeNull()
    expect(structured).toMatchObject({
      email: { status: 'done', data: { subject: 'Bread: are you in?' } },
      list: { status: 'done', data: { title: 'Before we can go' } },
    })
  })

  test('that breaks off spoils one of them and not the other', async () => {
    const { structured } = await collectBufferedStream(({ signal }) =>
      writeDrafts({ topic: 'Bread', kinds: ['email', 'list'], breaks: true }, scriptedModel(), signal),
    )
    expect(structured).toMatchObject({
      email: { status: 'done' },
      list: { status: 'error', error: { code: 'producer-failed' }, data: { title: 'Before we can go' } },
    })
    expect(JSON.stringify(structured)).not.toContain('provider')
  })
})

describe.skipIf(executablePath === undefined)('the drafts in the browser', () => {
  test('grow side by side, field by field, and are announced when they begin and when they end', async ({
    demo,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(demo.origin, openChat)
    await record(page)
    const topic = page.getByRole('textbox')
    await topic.fill('A walk along the coast')
    await topic.press('Enter')
    await untilEnd(page, 'done', 'done')

    const moments = await page.evaluate(() => globalThis.moments)
    const shrunk = moments.filter((moment, index) => index > 0 && !hasGrown(moments[index - 1]!, moment))
    expect(shrunk).toEqual([])
    const between = moments.filter(({ email, list }) => email.isBusy && list.isBusy)
    expect(new Set(between.map(({ email }) => email.paragraphs.join())).size).toBeGreaterThan(10)
    expect(between.some(({ email, list }) => email.subject !== '' && list.items.length > 0)).toBe(true)
    // One by one, and none before the one above it is whole. A slow machine may paint two at once.
    expect(new Set(moments.map(({ email }) => email.to.length)).size).toBeGreaterThan(2)
    expect(new Set(moments.map(({ list }) => list.items.length)).size).toBeGreaterThan(4)
    const end = await readDrafts(page)
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
    demo,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(demo.origin, openChat)
    await page.getByRole('button', { name: 'Write' }).click()
    await until(page, ({ email, list }) => email.paragraphs.length > 1 && list.items.length > 1)
    // What is in the field is for the next time, and does not keep anybody from stopping.
    await page.getByRole('textbox').fill('')
    await page.getByRole('button', { name: 'Stop' }).click()
    const stopped = await untilEnd(page, 'stopped', 'stopped')
    expect(stopped.list.items.length).toBeLessThan(6)
    await page.waitForTimeout(700)
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

    await sheet(page, 'List').getByRole('button', { name: 'Write it again' }).click()
    const mended = await untilEnd(page, 'done', 'done')
    expect(mended.email).toEqual(failed.email)
    expect(mended.list.items).toHaveLength(6)
    expect(complaints).toEqual([])
  })

  test('are there after a reload, also when it came in the middle, and say that they are not whole', async ({
    demo,
    openChat,
    complaints,
  }) => {
    const page = await openDrafts(demo.origin, openChat)
    await page.getByRole('textbox').fill('A walk')
    await page.getByRole('button', { name: 'Write' }).click()
    const seen = await until(page, ({ email, list }) => email.paragraphs.length > 1 && list.items.length > 1)
    await page.reload()
    const cut = await untilEnd(page, 'left', 'left')
    expect(hasGrown(seen, cut)).toBe(true)
    expect(cut.list.items.length).toBeLessThan(6)
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

  test('are there when somebody went to another screen meanwhile', async ({ demo, openChat, complaints }) => {
    const page = await openDrafts(demo.origin, openChat)
    await page.getByRole('button', { name: 'Write' }).click()
    const seen = await until(page, ({ list }) => list.items.length > 1)
    await page.getByRole('link', { name: 'Drop-in' }).click()
    await page.getByRole('heading', { name: 'The same agent as before' }).waitFor()
    await page.getByRole('link', { name: 'Drafts' }).click()
    const left = await untilEnd(page, 'left', 'left')
    expect(hasGrown(seen, left)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('are kept when the line is cut, and when the server cannot be reached afterwards', async ({
    demo,
    openChat,
  }) => {
    const proxy = await startCuttableProxy(demo.port)
    try {
      const page = await openDrafts(proxy.origin, openChat)
      await page.getByRole('button', { name: 'Write' }).click()
      const seen = await until(page, ({ list }) => list.items.length > 1)
      proxy.cut()
      const cut = await untilEnd(page, 'lost', 'lost')
      expect(hasGrown(seen, cut)).toBe(true)

      await page.getByRole('button', { name: 'Write', exact: true }).click()
      await page.getByRole('alert').filter({ hasText: 'The server does not answer.' }).waitFor()
      expect(await readDrafts(page)).toEqual(cut)

      proxy.mend()
      await page.getByRole('button', { name: 'Write', exact: true }).click()
      await untilEnd(page, 'done', 'done')
      expect(await page.getByRole('alert').filter({ hasText: 'The server' }).count()).toBe(0)
    } finally {
      await proxy.close()
    }
  })

  test('refuses what it does not know', async ({ demo }) => {
    for (const body of [undefined, {}, { topic: '', kinds: ['email'] }, { topic: 'x', kinds: ['poem'] }]) {
      const answer = await fetch(`${demo.origin}/api/drafts`, { method: 'POST', body: JSON.stringify(body) })
      expect(answer.status).toBe(400)
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

interface Drafts {
  readonly email: Sheet & {
    readonly to: readonly string[]
    readonly subject: string
    readonly tone: string
    readonly paragraphs: readonly string[]
  }
  readonly list: Sheet & { readonly title: string; readonly items: readonly (readonly string[])[] }
}

interface Sheet {
  readonly isBusy: boolean
  /** `done`, how it ended before it was whole, or `undefined` as long as it has not ended. */
  readonly end: string | undefined
}

declare global {
  var readDrafts: () => Drafts
  var moments: Drafts[]
  var announced: string[]
}

async function openDrafts(origin: string, open: OpenPage, context?: BrowserContext): Promise<Page> {
  const page = await open(`${origin}/drafts`, context)
  await page.getByRole('button', { name: 'Write' }).waitFor()
  return page
}

function sheet(page: Page, name: string) {
  return page.getByRole('region', { name })
}

function readDrafts(page: Page): Promise<Drafts> {
  return page.evaluate(readInPage)
}

async function until(page: Page, condition: (drafts: Drafts) => boolean): Promise<Drafts> {
  const deadline = Date.now() + 40_000
  for (;;) {
    const drafts = await readDrafts(page)
    if (condition(drafts)) return drafts
    if (Date.now() > deadline) throw new Error(`The page does not get there:\n${JSON.stringify(drafts)}`)
    await page.waitForTimeout(20)
  }
}

function untilEnd(page: Page, email: string, list: string): Promise<Drafts> {
  return until(page, (drafts) => drafts.email.end === email && drafts.list.end === list)
}

/** Notes from now on what the page shows after each of its changes, and what it announces. */
async function record(page: Page): Promise<void> {
  await page.evaluate(`globalThis.readDrafts = ${readInPage.toString()}`)
  await page.evaluate(() => {
    globalThis.moments = []
    globalThis.announced = []
    new MutationObserver(() => {
      globalThis.moments.push(globalThis.readDrafts())
      const message = document.querySelector('[role=status]')?.textContent ?? ''
      if (message !== (globalThis.announced.at(-1) ?? '')) globalThis.announced.push(message)
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
  })
}

/** Runs in the page. */
function readInPage(): Drafts {
  const textsOf = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent)
  const read = (name: string): Sheet => {
    const element = document.querySelector<HTMLElement>(`[data-draft=${name}]`)
    const { status, end } = element?.dataset ?? {}
    return { isBusy: element?.ariaBusy === 'true', end: status === 'done' ? status : end }
  }
  const [, subject = '', tone = ''] = textsOf('[data-draft=email] dd')
  const items = [...document.querySelectorAll('[data-draft=list] li:not([aria-hidden])')]
  return {
    email: {
      ...read('email'),
      to: textsOf('[data-draft=email] dd li'),
      subject,
      tone,
      paragraphs: textsOf('[data-draft=email] dl + div p'),
    },
    list: {
      ...read('list'),
      title: textsOf('[data-draft=list] h2')[0] ?? '',
      items: items.map((item) => [...item.querySelectorAll('p')].map(({ textContent }) => textContent)),
    },
  }
}

/** Nothing of what was there is gone or different. */
function hasGrown(before: Drafts, after: Drafts): boolean {
  const textOf = ({ email, list }: Drafts) => [
    [email.subject, email.tone, list.title],
    email.to,
    email.paragraphs,
    ...Array.from({ length: 6 }, (_, index) => list.items[index] ?? []),
  ]
  const later = textOf(after)
  return textOf(before).every((texts, at) =>
    texts.every((text, index) => later[at]?.[index]?.startsWith(text) === true),
  )
}
