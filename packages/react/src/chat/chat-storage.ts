import type { ChatSnapshot, ChatStorage } from './chat-types.ts'

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
  const { v, sessionId: owner, messages } = fieldsOf(loaded)
  return (
    v === 1 &&
    typeof owner === 'string' &&
    (sessionId === undefined || owner === sessionId) &&
    Array.isArray(messages) &&
    messages.every(isMessage)
  )
}

function isMessage(value: unknown): boolean {
  const { id, role, content, pieces } = fieldsOf(value)
  return (
    typeof id === 'string' &&
    (role === 'user' || role === 'assistant' || role === 'system') &&
    typeof content === 'string' &&
    Array.isArray(pieces) &&
    pieces.every(isPiece)
  )
}

/** Whether what its type promises is there; of types that are not known here, nothing is asked. */
function isPiece(value: unknown): boolean {
  const { id, type, text, state, interrupt, message } = fieldsOf(value)
  if (typeof id !== 'string') return false
  if (type === 'text') return typeof text === 'string'
  if (type === 'structured') return typeof fieldsOf(state)['streamId'] === 'string'
  if (type === 'interrupt') return typeof fieldsOf(fieldsOf(interrupt)['input'])['kind'] === 'string'
  return type !== 'error' || typeof message === 'string'
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return { ...Object(value) }
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
