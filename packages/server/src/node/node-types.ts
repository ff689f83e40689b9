/**
 * What the adapter needs of a request of Node: that of `node:http`, of the `node:http2` compatibility API, and of
 * whatever extends them, such as Express. Spelled out, so that `@crux/server` also loads where there is no Node.
 */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express and Connect keep the whole target here when a router has cut off its own part. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly socket?: unknown
  /** What body-parsing middleware left. */
  readonly body?: unknown
  /** True once somebody has read from the body. */
  readonly readableDidRead?: boolean | undefined
  /** True once somebody has read to its end. */
  readonly readableEnded?: boolean | undefined
  readonly on: (event: string, listener: (argument: unknown) => void) => unknown
  readonly off: (event: string, listener: (argument: unknown) => void) => unknown
  readonly pause: () => unknown
  readonly resume: () => unknown
}

/** What the adapter needs of a socket of Node. */
export interface NodeSocket {
  readonly write: (bytes: Uint8Array) => boolean
  readonly on: (event: string, listener: () => void) => unknown
  readonly off: (event: string, listener: () => void) => unknown
}

/** What the adapter needs of a response of Node. */
export interface NodeResponse {
  statusCode: number
  readonly headersSent: boolean
  /** True once `end` was called. */
  readonly writableEnded: boolean
  /** Bytes that wait to be taken by the client. */
  readonly writableLength: number
  readonly destroyed: boolean
  readonly setHeader: (name: string, value: string | readonly string[]) => unknown
  readonly getHeader: (name: string) => number | string | readonly string[] | undefined
  readonly writeHead: (status: number) => unknown
  readonly flushHeaders?: () => unknown
  readonly write: (bytes: Uint8Array) => boolean
  readonly end: () => unknown
  readonly destroy: (error?: Error) => unknown
  readonly on: (event: string, listener: () => void) => unknown
  readonly off: (event: string, listener: () => void) => unknown
  /** `null` before the response has its turn on the connection, and after it. */
  readonly socket?: NodeSocket | null
  /** HTTP/1.1: true, once the headers are made, if each write is framed as a chunk. */
  chunkedEncoding?: boolean
  /** Holds writes back until `uncork`, so that they go in one. */
  readonly cork?: () => unknown
  readonly uncork?: () => unknown
  /** HTTP/2: the stream below. */
  readonly stream?: {
    readonly on: (event: string, listener: () => void) => unknown
  }
  /** Of compression middleware. */
  readonly flush?: () => unknown
}
