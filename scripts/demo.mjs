// `npm run demo`: builds and starts the example app and says where it is. It needs no key and no network.
//
//   npm run demo                 PORT=4000 npm run demo
//   npm run demo -- --dev        with `next dev`
//   npm run demo -- --smoke      starts a run, watches it live to its end, and exits 0 only if everything was seen
//
// Runs are kept in examples/nextjs/.data; a smoke run leaves nothing behind.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildDemo, freePort, portIfFree, startDemo } from './demo-server.mjs'
import { smoke } from './demo-smoke.mjs'

const isDev = process.argv.includes('--dev')
const isSmoke = process.argv.includes('--smoke')

let demo
const smokeFolder = isSmoke ? mkdtempSync(join(tmpdir(), 'crux-demo-')) : undefined
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void stop(0))
// A parent that was killed tells nobody.
const parent = process.ppid
setInterval(() => process.ppid !== parent && void stop(1), 1_000).unref()

try {
  buildDemo()
  const port = await choosePort()
  // A smoke run takes a fraction of the time, and never a real model: it has to end the same way each time.
  const env = smokeFolder
    ? {
        DEMO_PACE: '0.2',
        OPENAI_API_KEY: '',
        ANTHROPIC_API_KEY: '',
        CRUX_STORE: 'sqlite',
        SQLITE_PATH: join(smokeFolder, 'crux.sqlite'),
      }
    : {}
  demo = await startDemo({
    port,
    dev: isDev,
    env,
    stdio: ['ignore', isDev ? 'inherit' : 'ignore', 'inherit'],
  })
  if (isSmoke) {
    await stop((await smoke(demo.origin)) ? 0 : 1)
  } else {
    console.log(`\n  The demo is ready: http://localhost:${port}\n\n  Ctrl-C ends it.\n`)
    await demo.exited
    await stop(1)
  }
} catch (error) {
  console.error(error.message)
  await stop(1)
}

async function choosePort() {
  const { PORT } = process.env
  if (!PORT) return freePort(isSmoke ? 0 : 3000)
  const port = await portIfFree(Number(PORT))
  if (port === undefined) throw new Error(`Port ${PORT} is taken: set PORT to another one.`)
  return port
}

async function stop(code) {
  await demo?.close()
  if (smokeFolder) rmSync(smokeFolder, { recursive: true, force: true })
  process.exit(code)
}
