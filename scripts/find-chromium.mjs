// The Chromium that browser tests run in: an explicit one, the system's, or one that Playwright manages.
import { existsSync } from 'node:fs'

/** Path of a Chromium to launch, or undefined where the machine has none. */
export async function findChromium() {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) {
    if (existsSync(CHROMIUM_PATH)) return CHROMIUM_PATH
    throw new Error(`CHROMIUM_PATH is set to ${CHROMIUM_PATH}, but there is no such file.`)
  }
  const { chromium } = await import('playwright')
  return ['/usr/bin/chromium', '/usr/bin/google-chrome', chromium.executablePath()].find((path) =>
    existsSync(path),
  )
}

// Root may not use the sandbox; the other flags keep a test browser quiet: no GPU process, no calls home.
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A Chromium that runs, or undefined where the machine has none. */
export async function launchChromium() {
  const executablePath = await findChromium()
  if (executablePath === undefined) return undefined
  const { chromium } = await import('playwright')
  return chromium.launch({ executablePath, args: chromiumFlags })
}
