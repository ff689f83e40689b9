// `node server.ts`: builds that are followed over Server-Sent Events, and a page that shows them.
import { readFile } from 'node:fs/promises'
import { serve } from '@hono/node-server'
import { createApp } from './app.ts'

const stop = new AbortController()
const app = createApp({ lineMs: Number(process.env['LINE_MS'] ?? 1000), signal: stop.signal })
const page = await readFile(new URL('./page.html', import.meta.url), 'utf8')
app.get('/', (c) => c.html(page))

const server = serve(
  { fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env['PORT'] ?? 3000) },
  ({ port }) => console.log(`http://127.0.0.1:${port}`),
)

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close()
    stop.abort()
  })
}
