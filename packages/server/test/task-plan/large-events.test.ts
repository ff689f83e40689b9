import { expect, test } from 'vitest'
import { bodyOf, cut, inject, injectedInto, join } from './bodies.ts'
import { foldedPlan, inputStart, output, start, startStep, summary } from './run-reducer.ts'

const megabyte = 2 ** 20

/** A body with one output of this many megabytes. */
function bodyWith(megabytes: number) {
  const lines = Array.from({ length: (megabytes * megabyte) / 64 }, (_, index) =>
    `line ${index} of what a tool has read `.padEnd(60, '.'),
  )
  return join([bodyOf(start, startStep, inputStart('a')), bodyOf(output('a', { lines })), bodyOf('[DONE]')])
}

/** CPU milliseconds for a body in reads of this size; the least of some tries, because others use the machine too. */
async function cpuMs(body: Uint8Array<ArrayBuffer>, size: number): Promise<number> {
  const reads = cut(body, [size])
  const tries: number[] = []
  for (let index = 0; index < 4; index++) {
    const before = process.cpuUsage()
    await inject(reads)
    const { user, system } = process.cpuUsage(before)
    tries.push((user + system) / 1_000)
  }
  return Math.min(...tries)
}

test('INJ-A23 INJ-103 an event of twice the size costs about twice as much, and its pieces cost little', async () => {
  const [four, eight] = [bodyWith(4), bodyWith(8)]
  const costOfFour = await cpuMs(four, 4_096)
  const costOfEight = await cpuMs(eight, 4_096)
  // Linear is 2; what is quadratic is at 4, and far beyond it with sizes like these.
  expect(costOfEight / costOfFour).toBeLessThan(3.5)
  const { text } = await inject(cut(eight, [4_096]))
  expect(summary(foldedPlan(injectedInto(text.slice(-2_000))) ?? foldedPlan(injectedInto(text)))).toEqual([
    'a done',
  ])
}, 60_000)
