import type { ChatMessage, ChatSnapshot, ChatStorage } from './chat-types.ts'

/** Keeps conversations while the process lives; for tests. */
export function memoryChatStorage(): ChatStorage {
  const snapshots = new Map<string, string>()
  return {
    load: (key) => JSON.parse(snapshots.get(key) ?? 'null'),
    save: (key, snapshot) => void snapshots.set(key, JSON.stringify(snapshot)),
    remove: (key) => void snapshots.delete(key),
  }
}

/** Keeps conversations in `localStorage`: the newest `maxMessages`, 60 by default. */
export function localChatStorage({ maxMessages = 60 }: { readonly maxMessages?: number } = {}): ChatStorage {
  return {
    load: (key) => JSON.parse(localStorage.getItem(key) ?? 'null'),
    save: (key, snapshot) =>
      localStorage.setItem(
        key,
        JSON.stringify({ ...snapshot, messages: snapshot.messages.slice(-maxMessages) }),
      ),
    remove: (key) => localStorage.removeItem(key),
  }
}

/** Whether what was loaded is a conversation, and of this session if one was given (STR-55). */
export function isSnapshotOf(loaded: unknown, sessionId: string | undefined): loaded is ChatSnapshot {
  if (typeof loaded !== 'object' || loaded === null) return false
  const { v, sessionId: owner, messages }: Partial<ChatSnapshot> = loaded
  return (
    v === 1 &&
    typeof owner === 'string' &&
    (sessionId === undefined || owner === sessionId) &&
    Array.isArray(messages) &&
    messages.every(isMessage)
  )
}

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false
  const { id, role, content, pieces }: Partial<ChatMessage> = value
  return (
    typeof id === 'string' &&
    (role === 'user' || role === 'assistant' || role === 'system') &&
    typeof content === 'string' &&
    Array.isArray(pieces) &&
    pieces.every((piece: unknown) => typeof piece === 'object' && piece !== null)
  )
}

/** Writes one after another, of those that wait only the newest. */
export interface SnapshotWriter {
  readonly save: (snapshot: ChatSnapshot) => void
  /** Drops what waits; what is saved later comes after the removal. */
  readonly remove: () => void
}

/** Makes the writer of a conversation; `onResult` hears of each call, with `null` for success. */
export function createSnapshotWriter(
  storage: ChatStorage,
  key: string,
  onResult: (failure: { readonly cause: unknown } | null) => void,
): SnapshotWriter {
  let waiting: ChatSnapshot | undefined
  let isRemoval = false
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    while (isRemoval || waiting) {
      const snapshot = waiting
      try {
        if (isRemoval) {
          isRemoval = false
          await storage.remove(key)
        } else if (snapshot) {
          waiting = undefined
          await storage.save(key, snapshot)
        }
        onResult(null)
      } catch (cause) {
        onResult({ cause })
      }
    }
    isRunning = false
  }

  return {
    save: (snapshot) => {
      waiting = snapshot
      // It tells of its errors itself.
      void run()
    },
    remove: () => {
      waiting = undefined
      isRemoval = true
      void run()
    },
  }
}
