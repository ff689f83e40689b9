import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { beforeAll, test as base } from 'vitest'
import { buildDemo, freePort, startDemo } from '../../../scripts/demo-server.mjs'
import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.mjs'

/** The Chromium to test in, or `undefined`: the tests that need one are then skipped, and the run says so. */
export const executablePath = await findChromium()
if (executablePath === undefined) console.warn('No Chromium found: the demo is not tested in a browser.')

// The scripted agent at a quarter of the time, whatever keys this machine has.
const demoEnv = { DEMO_PACE: '0.25', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' }

// In a hook, which may take longer than the test that would otherwise wait for it.
beforeAll(() => buildDemo())

export interface Demo {
  readonly origin: string
  readonly port: number
  /** Kills the server without a goodbye and starts it again on the same port. */
  readonly restart: () => Promise<void>
}

/** Opens a page and remembers what it complains about. */
export type OpenPage = (origin: string, context?: BrowserContext) => Promise<Page>

interface Fixtures {
  /** Keeps its runs in a SQLite file. */
  demo: Demo
  /** Keeps its runs in memory, and loses them with its process. */
  forgetfulDemo: Demo
  browser: Browser
  /** A browser of its own: cookies, and so a session, that no other test has. */
  context: BrowserContext
  open: OpenPage
  /** The same, and nobody is there to approve what the agent asks for. With `open`, it is approved at once. */
  openUnattended: OpenPage
  /** The same for a page without a live connection. */
  openChat: OpenPage
  /** What pages wrote to the console as an error or warning, or threw. A test that expects none checks it. */
  complaints: string[]
}

export const test = base.extend<Fixtures>({
  demo: [
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads the pattern to learn what a fixture needs.
    async ({}, provide) => {
      const folder = await mkdtemp(join(tmpdir(), 'crux-demo-'))
      await serve({ CRUX_STORE: 'sqlite', SQLITE_PATH: join(folder, 'data', 'crux.sqlite') }, provide)
      await rm(folder, { recursive: true })
    },
    { scope: 'file' },
  ],
  forgetfulDemo: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => serve({ CRUX_STORE: 'memory' }, provide),
    { scope: 'file' },
  ],
  browser: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, provide) => {
      const browser = await chromium.launch({ executablePath, args: chromiumFlags })
      await provide(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  context: async ({ browser }, provide) => {
    const context = await browser.newContext()
    await provide(context)
    await context.close()
  },
  // oxlint-disable-next-line no-empty-pattern
  complaints: async ({}, provide) => {
    await provide([])
  },
  openChat: async ({ context, complaints }, provide) => {
    await provide(async (origin, within = context) => {
      const page = await within.newPage()
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(origin)
      return page
    })
  },
  openUnattended: async ({ openChat }, provide) => {
    await provide(async (origin, within) => {
      const page = await openChat(origin, within)
      await page.getByText('Live', { exact: true }).waitFor()
      return page
    })
  },
  open: async ({ openUnattended }, provide) => {
    const done = new AbortController()
    const approving: Promise<void>[] = []
    await provide(async (origin, within) => {
      const page = await openUnattended(origin, within)
      approving.push(approveAll(page.context(), origin, done.signal))
      return page
    })
    done.abort()
    await Promise.all(approving)
  },
})

/** Approves what a session is asked for, beside its pages. */
async function approveAll(context: BrowserContext, origin: string, signal: AbortSignal): Promise<void> {
  const url = `${origin}/api/approvals`
  while (!signal.aborted) {
    try {
      await pause(150, undefined, { signal })
      const { requests } = await (await context.request.get(url)).json()
      for (const { approvalId, approvalToken } of requests) {
        await context.request.post(url, { data: { approvalId, approved: true, approvalToken } })
      }
    } catch {
      // The test is over, or has the server or its line down for now.
    }
  }
}

async function serve(
  store: Readonly<Record<string, string>>,
  provide: (demo: Demo) => Promise<void>,
): Promise<void> {
  const port = await freePort()
  const env = { ...demoEnv, ...store }
  let server = await startDemo({ port, env })
  const restart = async () => {
    await server.kill()
    server = await startDemo({ port, env })
  }
  await provide({ origin: server.origin, port, restart })
  await server.close()
}
