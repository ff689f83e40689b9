const maxIdBytes = 1024
const utf8 = /* @__PURE__ */ new TextEncoder()

/**
 * The id a client resumes from: of the `Last-Event-ID` header, whose bytes are UTF-8, else, for clients that cannot set
 * it, of `?lastEventId=`. `''` if there is none. An id with NUL, CR or LF, or of more than 1024 bytes, is as good as
 * absent (SSE-21). Without `hasParameter` the header alone counts.
 */
export function readLastEventId({ headers, url }: Request, hasParameter = true): string {
  const header = headers.get('last-event-id')
  if (header === null && !hasParameter) return ''
  const id = header === null ? readQuery(url, 'lastEventId') : decodeHeader(header)
  return isUsable(id) ? id : ''
}

/** A parameter of the query; `''` if it is missing. */
export function readQuery(url: string, name: string): string {
  // Most requests have none, and parsing the address would be most of the work.
  return url.includes(name) ? (new URL(url).searchParams.get(name) ?? '') : ''
}

/** Header values come as one character per byte. A BOM is part of the id. */
function decodeHeader(value: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(
    Uint8Array.from(value, (character) => character.charCodeAt(0)),
  )
}

function isUsable(id: string): boolean {
  // oxlint-disable-next-line no-control-regex -- NUL is what must be found
  return !/[\0\r\n]/.test(id) && (id.length * 3 <= maxIdBytes || utf8.encode(id).length <= maxIdBytes)
}
