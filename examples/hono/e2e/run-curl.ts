import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'

const hasCurl = spawnSync('curl', ['--version']).error === undefined

/** Runs a command line that calls curl, and gives what it prints; where there is no curl, by `fetch`. */
export async function runCurl(command: string): Promise<string> {
  if (!hasCurl) return fetchLike(command)
  // Without its progress meter, which is for people.
  const child = spawn('sh', ['-c', command.replace('curl', 'curl --silent --show-error')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return text(child.stdout)
}

async function fetchLike(command: string): Promise<string> {
  const url = /http:\S+/.exec(command)?.[0] ?? ''
  const method = /-X (\w+)/.exec(command)?.[1] ?? 'GET'
  const headers = [...command.matchAll(/-H '([^:]+): ([^']*)'/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  )
  const response = await fetch(url, { method, headers })
  const head = [`HTTP/1.1 ${response.status}`, ...[...response.headers].map((line) => line.join(': '))]
  const body = await response.text()
  return command.includes(' -i ') ? `${head.join('\r\n')}\r\n\r\n${body}` : body
}
