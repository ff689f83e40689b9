import { createSnapshotWriter, isSnapshotOf } from './chat-storage.ts'
import type { ChatMessage, ChatSetup } from './chat-types.ts'

/** The messages of a chat and where they are kept. */
export interface Conversation {
  readonly messages: () => readonly ChatMessage[]
  readonly setMessages: (messages: readonly ChatMessage[]) => void
  /** `null` until it was opened, unless it was given. */
  readonly sessionId: () => string | null
  /** Why it could not be read or kept. */
  readonly storageError: () => Error | null
  /** What is stored was not read yet. */
  readonly isLoading: () => boolean
  /** Reads what is stored, the first time. */
  readonly open: () => void
  /** Resolves when it was opened and what is stored is known. */
  readonly opened: Promise<void>
  readonly save: () => void
  /** Forgets it, in the storage too. */
  readonly clear: () => void
}

/** Who hears of what the storage said. */
export interface ConversationListener {
  /** What was stored is here, or could not be read. */
  readonly onOpen: () => void
  readonly onStorageError: () => void
}

/** Makes the conversation of one chat (STR-54, STR-55). Nothing is read before it is opened. */
export function createConversation(
  setup: ChatSetup,
  createId: () => string,
  { onOpen, onStorageError }: ConversationListener,
): Conversation {
  const { storage, storageKey = 'crux-chat' } = setup
  let { initialMessages: messages = [] } = setup
  let sessionId = setup.sessionId ?? null
  let storageError: Error | null = null
  let isLoading = storage !== undefined
  let isOpened = false
  // What could not be read is left alone.
  let mayStore = true
  // Goes up each time it is cleared.
  let generation = 0
  let start = () => {}
  const opened = new Promise<void>((resolve) => {
    start = resolve
  })
  const writer =
    storage &&
    createSnapshotWriter(storage, storageKey, (failure) => {
      const next = failure && new Error('The conversation could not be kept.', failure)
      if (next === storageError) return
      storageError = next
      onStorageError()
    })

  async function load(): Promise<void> {
    const loading = generation
    let loaded: unknown = null
    let failure: Error | null = null
    try {
      loaded = (await storage?.load(storageKey)) ?? null
      if (loaded !== null && !isSnapshotOf(loaded, setup.sessionId))
        failure = new Error('What is stored is no conversation of this session.')
    } catch (cause) {
      failure = new Error('The conversation could not be read.', { cause })
    }
    // It was cleared in the meantime.
    if (loading !== generation) return
    if (failure) {
      mayStore = false
      storageError = failure
    } else if (isSnapshotOf(loaded, setup.sessionId)) {
      messages = loaded.messages
      sessionId = loaded.sessionId
    }
    sessionId ??= createId()
    isLoading = false
    onOpen()
    start()
  }

  return {
    messages: () => messages,
    setMessages: (next) => {
      messages = next
    },
    sessionId: () => sessionId,
    storageError: () => storageError,
    isLoading: () => isLoading,
    open: () => {
      if (isOpened) return
      isOpened = true
      // It tells of its errors itself.
      void load()
    },
    opened,
    save: () => {
      if (mayStore && sessionId !== null) writer?.save({ v: 1, sessionId, messages })
    },
    clear: () => {
      generation++
      isLoading = false
      messages = []
      storageError = null
      mayStore = true
      writer?.remove()
      sessionId = setup.sessionId ?? createId()
      start()
    },
  }
}
