// Watches one run of the demo from start to end, as a person would: in Chromium, or where there is none as a plain
// client of the event stream. It approves what the agent asks for. Then has two drafts written.
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
    orders: new Set(),
  }
  const startedAt = Date.now()
  const isDone = await (chromium ? watchInChromium(origin, chromium, seen) : watchStream(origin, seen))
  const drafts = await watchDrafts(origin)
  const recovered = [...seen.failed].filter((task) => seen.retried.has(task))
  const checks = [
    [`${seen.versions.size} versions of the plan`, seen.versions.size > 1],
    [`${seen.tasks.size} tasks`, seen.tasks.size > 5],
    [`${seen.progress.size} states of progress`, seen.progress.size > 10],
    [`${recovered.length} failed and tried again`, recovered.length > 0],
    [`${seen.orders.size} order, after an approval`, seen.orders.size === 1],
    [isDone ? 'everything done' : 'the end did not come', isDone],
    [`an email and a list in ${drafts.steps} steps`, drafts.steps > 50 && drafts.whole.size === 2],
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
    void page
      .getByRole('button', { name: 'Approve' })
      .click({ timeout: timeoutMs })
      // No such button, or the page is closed before: the run then does not come to its end, or to no order.
      .catch(() => {})
    const deadline = Date.now() + timeoutMs
    while (Date.now() < deadline) {
      const { version, rows, orders, isDone } = await page.evaluate(readScreen)
      if (version) seen.versions.add(version)
      for (const { task, status, percent, attempt } of rows) note(seen, task, status, percent, attempt)
      for (const order of orders) seen.orders.add(order)
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
    orders: text(document.body).match(/(?<=Ordered: no\. )\d+/g) ?? [],
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
  let isAsked = false
  try {
    for await (const chunk of stream.body.pipeThrough(new TextDecoderStream())) {
      const frames = (text + chunk).split('\n\n')
      text = frames.pop()
      for (const frame of frames.filter((candidate) => candidate.startsWith('event: data-crux\n'))) {
        const data = frame.split('\n').find((line) => line.startsWith('data: '))
        const { entity, value } = JSON.parse(data.slice('data: '.length))
        if (entity === 'plan') seen.versions.add(value.version)
        if (entity === 'task') {
          note(seen, value.id, value.status, value.percent, value.attempt)
          const { approvals = [], ...rest } = value.metadata ?? {}
          for (const name of Object.keys(rest)) if (name.startsWith('order-')) seen.orders.add(name)
          if (approvals.length > 0 && !isAsked) {
            isAsked = true
            await approveAll(origin, headers)
          }
        }
        if (entity === 'tasklist' && value.status === 'completed') return true
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return false
}

/** Approves what waits for this session. */
async function approveAll(origin, headers) {
  const url = `${origin}/api/approvals`
  const { requests } = await (await fetch(url, { headers })).json()
  for (const { approvalId, approvalToken } of requests) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ approvalId, approved: true, approvalToken }),
    })
    if (!answer.ok) throw new Error(`The approval was refused: ${answer.status} ${await answer.text()}`)
  }
}

/** Has an email and a list written, and counts the steps in which they grow. */
async function watchDrafts(origin) {
  const drafts = { steps: 0, whole: new Set() }
  const answer = await fetch(`${origin}/api/drafts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic: 'A weekend by night train', kinds: ['email', 'list'] }),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('data: {'))
  for (const { type, kind, streamId } of lines.map((line) => JSON.parse(line.slice('data: '.length)))) {
    if (type === 'structured-data') drafts.steps += 1
    if (kind === 'final') drafts.whole.add(streamId)
  }
  return drafts
}

function note(seen, task, status, percent, attempt) {
  seen.tasks.add(task)
  if (percent != null) seen.progress.add(`${task} ${percent}`)
  if (status === 'failed') seen.failed.add(task)
  if (attempt > 1) seen.retried.add(task)
}
