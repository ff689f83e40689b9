import { withQuery, type QueryInit } from '@crux/core/client'

/** What is asked for, as an application says it. */
export interface StreamRequestOptions {
  /** Default `GET`, or `POST` with a body. */
  readonly method?: string | undefined
  /** Plain objects and arrays are sent as JSON, anything else as `fetch` takes it. */
  readonly body?: BodyInit | object | null | undefined
  /** Added to the URL; each parameter replaces those of its name. */
  readonly query?: QueryInit | undefined
}

/** What is asked for, ready to be sent. */
export interface StreamRequest {
  /** Two requests with the same key are the same connection (SSE-47). */
  readonly key: string
  readonly url: string
  readonly method: string
  readonly body: BodyInit | null
  readonly isJson: boolean
}

/** Throws what `JSON.stringify` throws for a body that is no JSON. */
export function streamRequestOf(
  url: string | URL,
  { query, body = null, method = body === null ? 'GET' : 'POST' }: StreamRequestOptions,
): StreamRequest {
  const isJson = body !== null && !isBodyInit(body)
  const sent = isJson ? JSON.stringify(body) : body
  // What is neither text nor JSON cannot be compared, and is often made anew by each render.
  const identity = typeof sent === 'string' ? sent : Object.prototype.toString.call(sent)
  const target = { url: withQuery(url, query), method: method.toUpperCase() }
  const key = JSON.stringify([target.url, target.method, typeof sent, isJson, identity])
  return { key, ...target, body: sent, isJson }
}

function isBodyInit(body: BodyInit | object): body is BodyInit {
  if (typeof body === 'string') return true
  const prototype: unknown = Object.getPrototypeOf(body)
  // The last for objects of another realm, such as a frame.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return !isPlain && !Array.isArray(body)
}
