import type {
  Chunk,
  InterruptChunk,
  StreamError,
  StructuredLimits,
  StructuredState,
  StructuredStreamError,
} from '@crux/core/structured'

/** One thing in an answer; its id is a React key and stays. */
export type ContentPiece = { readonly id: string } & (
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'structured'; readonly state: StructuredState }
  | { readonly type: 'interrupt'; readonly interrupt: InterruptChunk; readonly answer?: ChatAnswer }
  | { readonly type: 'error'; readonly code: string; readonly message: string }
)

/** What a user answers: text, the id of an option, or a list of ids. */
export type ChatAnswer = string | readonly string[]

/** How a turn ended. */
export type ChatFinish = 'done' | 'stopped' | 'error'

/** A message that is finished. */
export interface ChatMessage {
  readonly id: string
  readonly role: 'user' | 'assistant' | 'system'
  /** The texts, joined without a character between. */
  readonly content: string
  readonly pieces: readonly ContentPiece[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly finish?: ChatFinish
}

/** What a turn is asked with. */
export interface ChatRequest {
  readonly sessionId: string
  /** Those with text, since providers refuse empty ones. */
  readonly messages: readonly { readonly role: ChatMessage['role']; readonly content: string }[]
  readonly context?: unknown
  /** The answer that continues a turn. */
  readonly resume?: { readonly requestId: string; readonly resumeToken: string; readonly answer: ChatAnswer }
  /** All messages with their pieces; not sent unless `createBody` does. */
  readonly history: readonly ChatMessage[]
}

/** Where turns come from. */
export interface ChatTransport {
  readonly stream: (request: ChatRequest & { readonly signal: AbortSignal }) => AsyncIterable<Chunk>
}

/** What is stored of a conversation. */
export interface ChatSnapshot {
  readonly v: 1
  readonly sessionId: string
  readonly messages: readonly ChatMessage[]
}

/** Where conversations are kept. */
export interface ChatStorage {
  readonly load: (key: string) => ChatSnapshot | null | Promise<ChatSnapshot | null>
  readonly save: (key: string, snapshot: ChatSnapshot) => void | Promise<void>
  readonly remove: (key: string) => void | Promise<void>
}

/** What is read when the component mounts; another conversation is another React `key`. */
export interface ChatSetup {
  readonly storage?: ChatStorage
  /** Default `crux-chat`. */
  readonly storageKey?: string
  /** Default a random one. */
  readonly sessionId?: string
  readonly initialMessages?: readonly ChatMessage[]
  /** Default `crypto.randomUUID`. */
  readonly createId?: () => string
  /** Hold for each turn. */
  readonly limits?: StructuredLimits
}

/** Who hears of turns; what they throw is reported as uncaught. */
export interface ChatHandlers {
  /** Every chunk, of types that are not known here too. */
  readonly onChunk?: (chunk: Chunk) => void
  /** Once per turn, after the render that shows its message; `null` where nothing arrived. */
  readonly onFinish?: (message: ChatMessage | null, finish: ChatFinish) => void
  readonly onError?: (error: StreamError | StructuredStreamError) => void
}
