import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Writes the counts of a run, and the names of what failed or passed only at its second try, to the file named by
 * CRUX_TEST_SUMMARY, for the closing lines of `npm test`.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandledErrors: ReadonlyArray<{ message: string }>,
  ): void {
    const path = process.env['CRUX_TEST_SUMMARY']
    if (!path) return
    const summary = { passed: 0, skipped: 0, failures: [] as string[], retried: [] as string[] }
    for (const module of modules) {
      const file = `${module.project.name}: ${module.relativeModuleId}`
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        const name = `${file} > ${test.fullName}`
        if (state === 'passed' || state === 'skipped') summary[state] += 1
        else summary.failures.push(name)
        if (test.diagnostic()?.flaky) summary.retried.push(name)
      }
      // A file that could not be loaded, or a hook that threw, has no failed test to show for it.
      const suites = [...module.children.allSuites()]
      for (const { message } of [module, ...suites].flatMap((each) => each.errors()))
        summary.failures.push(`${file}: ${firstLine(message)}`)
    }
    for (const { message } of unhandledErrors)
      summary.failures.push(`an error that nobody handled: ${firstLine(message)}`)
    writeFileSync(path, JSON.stringify(summary))
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
