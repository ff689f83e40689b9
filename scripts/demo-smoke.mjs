// Watches one run of the demo from start to end, as a person would: in Chromium, or where there is none as a plain
// client of the event stream.
import { setTimeout as sleep } from 'node:timers/promises'
import { chromiumFlags, findChromium } from './find-chromium.mjs'

const timeoutMs = 60_000

/** True if the whole run was seen while it happened. Prints what was seen. */
export async function smoke(origin) {
  const chromium = await findChromium().catch(() => undefined)
  console.log(chromium ? 'Watching in Chromium …' : 'No Chromium found: watching the event stream …')
  const seen = {
    versions: new Set(),
    tasks: new Set(),
    progress: new Set(),
    failed: new Set(),
    retried: new Set(),
  }
  const startedAt = Date.now()
  const isDone = await (chromium ? watchInChromium(origin, chromium, seen) : watchStream(origin, seen))
  const recovered = [...seen.failed].filter((task) => seen.retried.has(task))
  const checks = [
    [`${seen.versions.size} versions of the plan`, seen.versions.size > 1],
    [`${seen.tasks.size} tasks`, seen.tasks.size > 5],
    [`${seen.progress.size} states of progress`, seen.progress.size > 10],
    [`${recovered.length} failed and tried again`, recovered.length > 0],
    [isDone ? 'everything done' : 'the end did not come', isDone],
  ]
  for (const [text, isGood] of checks) console.log(`  ${isGood ? '✓' : '✗'} ${text}`)
  console.log(`  in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  return checks.every(([, isGood]) => isGood)
}

async function watchInChromium(origin, executablePath, seen) {
  const { chromium } = await import('playwright')
  const browser = await chromium.launch({ executablePath, args: chromiumFlags })
  try {
    const page = await browser.newPage()
    await page.goto(origin)
    await page.getByRole('button', { name: 'Start' }).click()
    const deadline = Date.now() + timeoutMs
    while (Date.now() < deadline) {
      const { version, rows, isDone } = await page.evaluate(readScreen)
      if (version) seen.versions.add(version)
      for (const { task, status, percent, attempt } of rows) note(seen, task, status, percent, attempt)
      if (isDone) return true
      await sleep(40)
    }
    return false
  } finally {
    await browser.close()
  }
}

/** Runs in the page. */
function readScreen() {
  const text = (element) => element?.textContent ?? ''
  const rows = [...document.querySelectorAll('[data-task]')].map((row) => ({
    task: row.dataset.task,
    status: row.dataset.status,
    attempt: Number(row.dataset.attempt),
    percent: row.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow'),
  }))
  return {
    version: /Version (\d+)/.exec(text(document.querySelector('article')))?.[1],
    rows,
    isDone: rows.length > 0 && rows.every(({ status }) => status === 'completed'),
  }
}

async function watchStream(origin, seen) {
  const cookie = (await fetch(origin)).headers.getSetCookie().map((line) => line.split(';')[0])
  const headers = { cookie: cookie.join('; ') }
  const signal = AbortSignal.timeout(timeoutMs)
  const stream = await fetch(`${origin}/api/live`, { headers, signal })
  const body = JSON.stringify({ topic: 'The return of night trains' })
  const started = await fetch(`${origin}/api/runs`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  if (!started.ok) throw new Error(`The run did not start: ${started.status} ${await started.text()}`)
  let text = ''
  try {
    for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
      const frames = (text + chunk).split('\n\n')
      text = frames.pop()
      for (const frame of frames.filter((candidate) => candidate.startsWith('event: data-crux\n'))) {
        const data = frame.split('\n').find((line) => line.startsWith('data: '))
        const { entity, value } = JSON.parse(data.slice('data: '.length))
        if (entity === 'plan') seen.versions.add(value.version)
        if (entity === 'task') note(seen, value.id, value.status, value.percent, value.attempt)
        if (entity === 'tasklist' && value.status === 'completed') return true
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return false
}

function note(seen, task, status, percent, attempt) {
  seen.tasks.add(task)
  if (percent != null) seen.progress.add(`${task} ${percent}`)
  if (status === 'failed') seen.failed.add(task)
  if (attempt > 1) seen.retried.add(task)
}
