import type { NodeResponse } from './node-types.ts'

/**
 * Sends status and headers. What earlier middleware has set stays (CORS), unless the response has the same header; of
 * `vary` both are kept (SSE-29).
 */
export function writeHead(res: NodeResponse, status: number, headers: Headers): void {
  for (const [name, value] of headers) {
    if (name === 'set-cookie') continue
    const before = name === 'vary' ? res.getHeader(name) : undefined
    res.setHeader(name, before === undefined ? value : [before, value].flat().join(', '))
  }
  const cookies = headers.getSetCookie()
  if (cookies.length > 0) res.setHeader('set-cookie', cookies)
  res.writeHead(status)
}
