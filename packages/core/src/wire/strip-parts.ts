/** What of an AI SDK message is looked at. */
export interface MessageLike {
  readonly role: string
  readonly parts: readonly { readonly type: string }[]
}

/**
 * The messages without parts of these types. An assistant message that then holds nothing but step starts is left out;
 * a message without such parts stays the same object.
 */
export function stripParts<M extends MessageLike>(messages: readonly M[], types: readonly string[]): M[] {
  return messages.flatMap((message) => {
    const parts = message.parts.filter(({ type }) => !types.includes(type))
    if (parts.length === message.parts.length) return [message]
    const isEmpty = parts.every(({ type }) => type === 'step-start')
    return isEmpty && message.role === 'assistant' ? [] : [{ ...message, parts }]
  })
}
