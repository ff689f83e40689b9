export { useStreamChat, useStreamChat as useChat } from './use-stream-chat.ts'
export type { StreamChat, StreamChatOptions } from './use-stream-chat.ts'
export type { ChatStatus, ChatView } from './chat-view.ts'

// Where turns come from, and where conversations are kept.
export { createRouteChatTransport } from './route-chat-transport.ts'
export type { RouteChatTransportOptions } from './route-chat-transport.ts'
export { localChatStorage, memoryChatStorage } from './chat-storage.ts'
export type {
  ChatAnswer,
  ChatFinish,
  ChatMessage,
  ChatRequest,
  ChatSnapshot,
  ChatStorage,
  ChatTransport,
  ContentPiece,
} from './chat-types.ts'
