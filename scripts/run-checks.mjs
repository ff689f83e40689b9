// `npm run check`: every `check:*` script of package.json, one after another. A failure does not stop the rest; the
// table at the end says which part failed. `npm run check -- lint types` runs only the parts named.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './workspace-packages.mjs'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const asked = process.argv.slice(2)
const names = Object.keys(scripts).filter((name) => name.startsWith('check:'))
const chosen = asked.length > 0 ? asked.map((part) => `check:${part}`) : names
const unknown = chosen.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')} in package.json; there are ${names.join(', ')}.`)
  process.exit(1)
}

const rows = chosen.map((name) => {
  console.log(`\n── ${name}`)
  const startedAt = Date.now()
  const { status } = spawnSync(scripts[name], { cwd: root, stdio: 'inherit', shell: true })
  return { name, ok: status === 0, seconds: (Date.now() - startedAt) / 1000 }
})

console.log()
for (const { name, ok, seconds } of rows) {
  console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s`)
}
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1
