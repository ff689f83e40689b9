import { safeValidateUIMessages, type UIMessage } from 'ai'
import { z } from 'zod'

const chatRequest = z.object({ messages: z.array(z.unknown()).min(1).max(200) })

/** The messages that `useChat` sends, checked, and what the last one asks; `undefined` for anything else. */
export async function readMessages(
  request: Request,
): Promise<{ readonly messages: UIMessage[]; readonly question: string } | undefined> {
  const body = chatRequest.safeParse(await request.json().catch(() => undefined))
  if (!body.success) return undefined
  const checked = await safeValidateUIMessages({ messages: body.data.messages })
  const last = checked.success ? checked.data.at(-1) : undefined
  if (!checked.success || last?.role !== 'user') return undefined
  const question = last.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  if (question.trim() === '' || question.length > 200) return undefined
  return { messages: checked.data, question }
}

/** For `convertToModelMessages`: an answer that was stopped may hold a call without a result, which no model takes. */
export const whatIsWhole = { ignoreIncompleteToolCalls: true }
