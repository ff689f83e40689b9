import type { Page } from 'playwright'

/** What a page shows of a run, as far as it does not depend on the moment. */
export interface Screen {
  readonly plan: string | undefined
  readonly overall: string | null | undefined
  readonly rows: readonly Row[]
}

export interface Row {
  readonly task: string | undefined
  readonly status: string | undefined
  readonly attempt: number
  readonly percent: string | null | undefined
  readonly text: string
}

export function readScreen(page: Page): Promise<Screen> {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll<HTMLElement>('[data-task]')].map((row) => ({
      task: row.dataset.task,
      status: row.dataset.status,
      attempt: Number(row.dataset.attempt),
      percent: row.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow'),
      text: [...row.querySelectorAll('p')].map((line) => line.textContent).join(' – '),
    }))
    const overall = document.querySelector('[aria-label="Overall progress"]')?.getAttribute('aria-valuetext')
    return { plan: document.querySelector('article')?.innerText, overall, rows }
  })
}

/** Resolves with the screen as soon as it satisfies `condition`. */
export async function untilScreen(
  page: Page,
  condition: (screen: Screen) => boolean,
  timeoutMs = 40_000,
): Promise<Screen> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const screen = await readScreen(page)
    if (condition(screen)) return screen
    if (Date.now() > deadline)
      throw new Error(`The page does not get there:\n${JSON.stringify(screen, null, 1)}`)
    await page.waitForTimeout(50)
  }
}

export function isDone({ rows, plan }: Screen): boolean {
  return rows.length > 0 && rows.every(({ status }) => status === 'completed') && /Outcome/.test(plan ?? '')
}

/** So many tasks are done, and not yet all. */
export function hasDone(count: number) {
  return ({ rows }: Screen) => rows.filter(({ status }) => status === 'completed').length >= count
}

/** A task with this status has not come to its end. */
export function isOpen(status: string | undefined): boolean {
  return status === 'pending' || status === 'in_progress'
}
