/** A refusal or a failure as a client sees it. Nothing internal goes into it (LIVE-13, REL-24). */
export interface Refusal {
  readonly status: number
  readonly code: string
  /** A fixed sentence, never the text of an error. */
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The response of a refusal: JSON `{ error: { code, message } }`, never cached, with the user's headers (LIVE-13). */
export function errorResponse({ status, code, message, headers = {} }: Refusal, added?: Headers): Response {
  return Response.json(
    { error: { code, message } },
    { status, headers: withHeaders(added, { 'cache-control': 'no-store', ...headers }) },
  )
}

/** The user's headers with ours, which win. */
export function withHeaders(added: Headers | undefined, ours: Readonly<Record<string, string>>): Headers {
  const headers = new Headers(added)
  for (const [name, value] of Object.entries(ours)) headers.set(name, value)
  return headers
}
