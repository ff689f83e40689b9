import { appendFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Writes each test that ran to the file named by CRUX_RELIABILITY, as one line of JSON, for `npm run reliability`. */
export default class ReliabilityReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const path = process.env['CRUX_RELIABILITY']
    if (!path) return
    const write = (line: object) => appendFileSync(path, `${JSON.stringify(line)}\n`)
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'skipped') continue
        const figures = test.annotations().filter(({ type }) => type === 'reached')
        write({
          project: module.project.name,
          title: test.name,
          isPassed: state === 'passed',
          figures: figures.map(({ message }) => message),
        })
      }
      // A file that could not be loaded, or a hook that threw, has no failed test to show for it.
      const suites = [...module.children.allSuites()]
      for (const { message } of [module, ...suites].flatMap((each) => each.errors()))
        write({ project: module.project.name, title: message, isPassed: false, figures: [] })
    }
    if (unhandledErrors.length > 0)
      write({ project: '', title: 'an error that nobody handled', isPassed: false, figures: [] })
  }
}
