import { readFileSync } from 'node:fs'
import { createCrux } from '@crux/core'
import { expect } from 'vitest'
import { follow, test } from '../support/live-test.ts'

test('LIVE-10 the README says what a snapshot costs', async ({ makeHandler, store }) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const [, kilobytes, tasks] = /about (\d+) kB for (\d+) tasks/.exec(readme) ?? []
  await createCrux({ store }).tasklist({
    tasks: Array.from({ length: Number(tasks) }, (_, n) => ({ id: `t${n}`, label: `Task number ${n}` })),
  })
  const stream = await follow(makeHandler())
  await stream.untilReady()
  const ratio = stream.text().length / 1_000 / Number(kilobytes)
  expect(ratio).toBeGreaterThan(0.9)
  expect(ratio).toBeLessThan(1.1)
})
