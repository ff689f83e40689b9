/** One line of a bench: what was measured, the figure reached in each repetition, and the figure aimed at. */
export interface Line {
  readonly rule: string
  readonly measure: string
  readonly samples: readonly number[]
  /** A ratio unless `unit` says otherwise. */
  readonly unit?: string
  /** A figure aimed at; both are missing for what is printed beside ours for comparison. */
  readonly atMost?: number
  readonly atLeast?: number
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (upper + lower) / 2
}

/** Prints a table of lines: median, range, target, and whether it was reached. A miss is printed as a miss. */
export function printLines(title: string, lines: readonly Line[]): void {
  const rows = lines.map(({ rule, measure, samples, unit = '×', atMost, atLeast }) => {
    const reached = median(samples)
    return [
      rule,
      measure,
      format(reached, unit),
      `${format(Math.min(...samples), unit)} to ${format(Math.max(...samples), unit)}`,
      atMost !== undefined
        ? `≤ ${format(atMost, unit)}`
        : atLeast !== undefined
          ? `≥ ${format(atLeast, unit)}`
          : '',
      atMost === undefined && atLeast === undefined
        ? ''
        : isReached(reached, { atMost, atLeast })
          ? 'reached'
          : 'MISSED',
    ]
  })
  const header = ['rule', 'measure', 'median', 'range', 'target', '']
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  )
  console.log(`\n${title}`)
  for (const row of [header, ...rows]) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
  }
}

function isReached(
  reached: number,
  { atMost = Infinity, atLeast = -Infinity }: Pick<Line, 'atMost' | 'atLeast'>,
): boolean {
  return reached <= atMost && reached >= atLeast
}

function format(value: number, unit: string): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`
}
