// Takes the pictures of the README: node examples/nextjs/e2e/screenshot.mjs
// A real run, in the middle of it: a task that needed a second try, one that waits for a person, and two at work.
import { join } from 'node:path'
import { chromium } from 'playwright'
import { buildDemo, freePort, startDemo } from '../../../scripts/demo-server.mjs'
import { chromiumFlags, findChromium } from '../../../scripts/find-chromium.mjs'
import { root } from '../../../scripts/workspace-packages.mjs'

const pictures = [
  { file: 'demo.png', colorScheme: 'light' },
  { file: 'demo-dark.png', colorScheme: 'dark' },
]

buildDemo()
const demo = await startDemo({
  port: await freePort(),
  env: { DEMO_PACE: '1', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' },
})
const browser = await chromium.launch({ executablePath: await findChromium(), args: chromiumFlags })
try {
  await Promise.all(pictures.map(takePicture))
} finally {
  await browser.close()
  await demo.close()
}

async function takePicture({ file, colorScheme }) {
  const viewport = { width: 1280, height: 940 }
  const page = await browser.newPage({ colorScheme, viewport, deviceScaleFactor: 2 })
  await page.goto(demo.origin)
  await page.getByRole('button', { name: 'Start' }).click()
  await page.waitForFunction(() => {
    const percentOf = (task) => {
      const bar = document.querySelector(`[data-task="${task}"] [role=progressbar]`)
      return Number(bar?.getAttribute('aria-valuenow') ?? 0)
    }
    const isAsking = document.querySelector('[data-approval=open]') !== null
    return isAsking && percentOf('claims') > 50 && percentOf('chart') > 30
  })
  // For the bars to come to rest.
  await page.waitForTimeout(500)
  await page.evaluate(() => document.activeElement?.blur())
  await page.screenshot({ path: join(root, 'docs', file) })
  console.log(`docs/${file}`)
}
