import type { Page } from 'playwright'
import { describe, expect } from 'vitest'
import { startCuttableProxy } from './cuttable-proxy.ts'
import { executablePath, test } from './fixtures.ts'
import { isOpen, readScreen, untilScreen, type Screen } from './screen.ts'

const screens = [
  { path: '/chat', tasks: 8, ends: /The briefing is ready/, failed: [] },
  { path: '/drop-in', tasks: 5, ends: /Two of three sources/, failed: ['The archive is closed today.'] },
]

describe.skipIf(executablePath === undefined).for(screens)(
  'the chat at $path',
  ({ path, tasks, ends, failed }) => {
    test('shows its plan while the answer comes, and keeps it over a reload', async ({
      demo,
      openChat,
      complaints,
    }) => {
      const page = await openChat(demo.origin + path)
      await page.getByRole('button', { name: 'Send' }).click()
      await untilScreen(page, someRun)
      await answerOf(page, ends).waitFor()
      const done = await untilScreen(page, ({ rows }) => rows.length === tasks && rows.every(isClosed))
      await page.getByRole('button', { name: 'Send' }).waitFor()
      expect(done.rows.filter(({ status }) => status === 'failed').map(({ text }) => text)).toEqual(
        failed.map((reason) => expect.stringContaining(reason)),
      )

      await page.reload()
      await answerOf(page, ends).waitFor()
      expect((await readScreen(page)).rows).toEqual(done.rows)
      expect(complaints).toEqual([])
    })

    test('leaves nothing turning when it is stopped, and answers again', async ({
      demo,
      openChat,
      complaints,
    }) => {
      const page = await openChat(demo.origin + path)
      await page.getByRole('button', { name: 'Send' }).click()
      await untilScreen(page, someRun)
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      const stopped = await untilScreen(page, ({ rows }) => rows.every(isClosed))
      expect(stopped.rows.map(({ status }) => status)).toContain('cancelled')
      expect(await alertOf(page).count()).toBe(0)

      await page.reload()
      const reloaded = await untilScreen(page, ({ rows }) => rows.length > 0)
      expect(reloaded.rows).toEqual(stopped.rows)

      await page.getByRole('textbox').fill('Again')
      await page.getByRole('textbox').press('Enter')
      await answerOf(page, ends).waitFor()
      expect((await readScreen(page)).rows.slice(0, stopped.rows.length)).toEqual(stopped.rows)
      expect(complaints).toEqual([])
    })

    test('says so when the answer breaks off, and asks again', async ({ demo, openChat }) => {
      const proxy = await startCuttableProxy(demo.port)
      try {
        const page = await openChat(proxy.origin + path)
        await page.getByRole('button', { name: 'Send' }).click()
        await untilScreen(page, someRun)
        proxy.cut()
        await alertOf(page).waitFor()
        const cut = await untilScreen(page, ({ rows }) => rows.every(isClosed))
        expect(cut.rows.map(({ status }) => status)).toContain('cancelled')

        proxy.mend()
        await page.getByRole('button', { name: 'Ask again' }).click()
        await answerOf(page, ends).waitFor()
        const { rows } = await readScreen(page)
        expect(rows).toHaveLength(tasks)
        expect(rows.every(isClosed)).toBe(true)
        expect(await alertOf(page).count()).toBe(0)
      } finally {
        await proxy.close()
      }
    })
  },
)

describe.skipIf(executablePath === undefined)('the three screens', () => {
  test('are one click apart', async ({ demo, openChat, complaints }) => {
    const page = await openChat(`${demo.origin}/chat`)
    const nav = page.getByRole('navigation', { name: 'Screens' })
    await nav.getByRole('link', { name: 'Drop-in' }).click()
    await page.getByRole('heading', { name: 'The same agent as before' }).waitFor()
    await nav.getByRole('link', { name: 'Live store' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Start' }).waitFor()
    expect(complaints).toEqual([])
  })
})

function someRun({ rows }: Screen): boolean {
  return rows.some(({ status }) => status === 'in_progress')
}

function isClosed({ status }: { readonly status: string | undefined }): boolean {
  return !isOpen(status)
}

/** Its last sentences; the plan above them may say the same. */
function answerOf(page: Page, ends: RegExp) {
  return page.getByText(ends).last()
}

/** Next.js has a live region of its own. */
function alertOf(page: Page) {
  return page.getByRole('alert').filter({ hasText: 'The answer broke off.' })
}
