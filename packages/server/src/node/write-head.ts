import type { NodeResponse } from './node-types.ts'

/**
 * Sends status and headers. What earlier middleware has set stays (CORS), unless the response has the same header; of
 * `vary` and `set-cookie` both are kept (SSE-29).
 */
export function writeHead(res: NodeResponse, status: number, headers: Headers): void {
  for (const [name, value] of headers) {
    const both = [res.getHeader(name) ?? [], value].flat().map(String)
    if (name === 'set-cookie') res.setHeader(name, both)
    else res.setHeader(name, name === 'vary' ? both.join(', ') : value)
  }
  res.writeHead(status)
}
