// What a commit costs in each store, beside the least that does the same by hand (PERF-30 to PERF-35). Each repetition
// measures all of them one after another and takes the ratios inside the repetition; the table shows their median.
import { printLines, type Line } from './measure/report.ts'
import { openInMemoryBench } from './stores/in-memory.ts'
import { openPostgresBench } from './stores/postgres.ts'
import { openRedisBench } from './stores/redis.ts'
import { openSqliteBench } from './stores/sqlite.ts'
import type { RecordSample, StoreBench } from './stores/store-bench.ts'

const repetitions = Number(process.env['BENCH_REPETITIONS'] ?? 5)
const samples = new Map<string, { readonly line: Omit<Line, 'samples'>; readonly values: number[] }>()

const record: RecordSample = (rule, measure, value, target = {}) => {
  const key = `${rule} ${measure}`
  const entry = samples.get(key) ?? { line: { rule, measure, ...target }, values: [] }
  entry.values.push(value)
  samples.set(key, entry)
}

const benches: StoreBench[] = []
for (const open of [openInMemoryBench, openSqliteBench, openPostgresBench, openRedisBench]) {
  const bench = await open()
  if (bench !== undefined) benches.push(bench)
}
try {
  for (let i = 1; i <= repetitions; i++) {
    console.log(`Repetition ${i} of ${repetitions} …`)
    for (const bench of benches) await bench.repeat(record)
  }
} finally {
  for (const bench of benches) await bench[Symbol.asyncDispose]()
}
printLines(
  `stores: Node ${process.version}, ${repetitions} repetitions`,
  [...samples.values()].map(({ line, values }) => ({ ...line, samples: values })),
)
