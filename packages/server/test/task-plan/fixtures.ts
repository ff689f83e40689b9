import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const root = join(import.meta.dirname, '../fixtures/ai-sdk')

/** A recorded response. */
export interface Fixture {
  /** `ai7/03-one-tool` */
  readonly name: string
  /** `ai7`, `first-releases/7.0.0` */
  readonly release: string
  /** `03-one-tool` */
  readonly scenario: string
  /** `03`, `19b` */
  readonly number: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly readSizes: readonly number[]
  readonly readError: string | undefined
}

/** Every recorded event stream. */
export const fixtures: readonly Fixture[] = globSync('**/*.sse', { cwd: root })
  .toSorted()
  .map((file) => {
    const release = dirname(file)
    const scenario = basename(file, '.sse')
    const about = JSON.parse(readFileSync(join(root, release, `${scenario}.json`), 'utf8'))
    return {
      name: `${release}/${scenario}`,
      release,
      scenario,
      number: /^\d+b?/.exec(scenario)?.[0] ?? '',
      bytes: new Uint8Array(readFileSync(join(root, file))),
      status: about.status,
      headers: about.headers,
      readSizes: about.readSizes,
      readError: about.readError,
    }
  })

/** The recorded response with this name, such as `ai7/03-one-tool`. */
export function fixture(name: string): Fixture {
  const found = fixtures.find((each) => each.name === name || each.name.startsWith(`${name}-`))
  if (!found) throw new Error(`There is no fixture ${name}`)
  return found
}

/** The chunks of a body, without the `[DONE]` at its end. */
export function chunksOf(bytes: Uint8Array): { type: string; [field: string]: unknown }[] {
  return new TextDecoder()
    .decode(bytes)
    .split('\n\n')
    .map((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.slice('data: '.length)).join('\n'))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data))
}
