// What a change costs a page (PERF-20 to PERF-23), beside eventsource-parser with a Map, zustand, one context and no
// React at all. Each repetition measures all of them one after another and takes the ratios inside the repetition; the
// table shows their median. React is the production build, in happy-dom.
import './client/browser-page.ts'
import { benchBurst } from './client/burst.ts'
import { benchCatchUp } from './client/catch-up.ts'
import type { RecordSample } from './client/client-bench.ts'
import { benchReading } from './client/reading.ts'
import { benchListSize, benchRows } from './client/rows.ts'
import { printLines, type Line } from './measure/report.ts'

const repetitions = Number(process.env['BENCH_REPETITIONS'] ?? 5)
const samples = new Map<string, { readonly line: Omit<Line, 'samples'>; readonly values: number[] }>()

const record: RecordSample = (rule, measure, value, target = {}) => {
  const key = `${rule} ${measure}`
  const entry = samples.get(key) ?? { line: { rule, measure, ...target }, values: [] }
  entry.values.push(value)
  samples.set(key, entry)
}

const parts = [benchReading, benchRows, benchListSize, benchCatchUp, benchBurst]

/** Code is warm before the first figure, for all alike. */
for (const bench of parts) await bench(() => {})

for (let index = 1; index <= repetitions; index++) {
  console.log(`Repetition ${index} of ${repetitions} …`)
  for (const bench of parts) await bench(record)
}
printLines(
  `client: Node ${process.version}, ${repetitions} repetitions`,
  [...samples.values()].map(({ line, values }) => ({ ...line, samples: values })),
)
