import type { BrowserContext, Page } from 'playwright'
import type { OpenPage } from './fixtures.ts'

/** What the page shows of the drafts. */
export interface Drafts {
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

export async function openDrafts(origin: string, open: OpenPage, context?: BrowserContext): Promise<Page> {
  const page = await open(`${origin}/drafts`, context)
  await page.getByRole('button', { name: 'Write' }).waitFor()
  return page
}

export function sheet(page: Page, name: string) {
  return page.getByRole('region', { name })
}

export function readDrafts(page: Page): Promise<Drafts> {
  return page.evaluate(readInPage)
}

/** Waits for the page to show what is asked for, and gives it. */
export async function until(page: Page, condition: (drafts: Drafts) => boolean): Promise<Drafts> {
  const deadline = Date.now() + 40_000
  for (;;) {
    const drafts = await readDrafts(page)
    if (condition(drafts)) return drafts
    if (Date.now() > deadline) throw new Error(`The page does not get there:\n${JSON.stringify(drafts)}`)
    await page.waitForTimeout(20)
  }
}

export function untilEnd(page: Page, email: string, list: string): Promise<Drafts> {
  return until(page, (drafts) => drafts.email.end === email && drafts.list.end === list)
}

/** Notes from now on what the page shows after each of its changes, and what it announces. */
export async function record(page: Page): Promise<void> {
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
export function hasGrown(before: Drafts, after: Drafts): boolean {
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
