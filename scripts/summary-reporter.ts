import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Writes the counts of a run to the file named by CRUX_TEST_SUMMARY, for the closing line of `npm test`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const path = process.env['CRUX_TEST_SUMMARY']
    if (!path) return
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'pending') counts.failed += 1
        else counts[state] += 1
      }
      // A file that could not be loaded, or a hook that threw, has no failed test to show for it.
      counts.failed += module.errors().length
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length
    }
    counts.failed += unhandledErrors.length
    writeFileSync(path, JSON.stringify(counts))
  }
}
