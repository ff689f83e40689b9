import type { ToolCallInfo, ToolMiddleware } from '@crux/core/tool-middleware'
import type { ToolApprovalStatus, ToolSet } from 'ai'
import type { GenerateTextOptions } from '../gateway/sdk-gateway.ts'
import { misuse, shown } from '../misuse.ts'
import { callInfo } from './run-tool.ts'

/** The call's own policy, in the SDK's form: a status or a function by tool name, or one function for all. */
export type ToolApprovalOption = NonNullable<GenerateTextOptions['toolApproval']>

/** The one function that the SDK asks. */
export type ToolApprovalFunction = Extract<ToolApprovalOption, (...args: never[]) => unknown>

/** What the SDK asks it with. */
export type ToolApprovalQuestion = Parameters<ToolApprovalFunction>[0]

/** Whether a call waits for a person. `reason` is for that person, or of the decision that was made without one. */
export type ToolApprovalVerdict = Exclude<ToolApprovalStatus, string | undefined>

const types: ReadonlySet<unknown> = new Set(['approved', 'denied', 'user-approval'])

const open: ToolApprovalVerdict = { type: 'not-applicable' }
const gated: ToolApprovalVerdict = { type: 'user-approval' }

/**
 * The policy of AI-53: the call's `toolApproval`, else an approval middleware that matches, else the tool's own
 * `needsApproval`, else open. Tools that do not run here are never gated. What any of them throws fails the call.
 *
 * Throws `usage` for a `toolApproval` that is no policy.
 */
export function createGate(
  caller: string,
  {
    tools,
    middleware,
    toolApproval,
  }: {
    readonly tools: ToolSet
    readonly middleware: readonly ToolMiddleware[]
    readonly toolApproval: ToolApprovalOption | undefined
  },
): (question: ToolApprovalQuestion) => Promise<ToolApprovalVerdict> {
  checkPolicy(caller, toolApproval)

  return async (question) => {
    const { toolName } = question.toolCall
    const tool = Object.hasOwn(tools, toolName) ? tools[toolName] : undefined
    if (tool?.execute === undefined || question.toolCall.providerExecuted === true) return open

    const own = await askPolicy(toolApproval, question)
    if (own !== undefined) return readVerdict(caller, toolName, own)
    const call = askedCall(question)
    for (const { approval, matches } of middleware) {
      if (approval !== undefined && (await matches(call))) return gated
    }
    const { needsApproval } = tool
    const isNeeded =
      typeof needsApproval === 'function'
        ? await needsApproval(question.toolCall.input, {
            toolCallId: question.toolCall.toolCallId,
            messages: question.messages,
            context: contextOf(question),
          })
        : needsApproval
    return isNeeded ? gated : open
  }
}

/** The call in question, as middleware sees it. */
export function askedCall({ toolCall, messages }: ToolApprovalQuestion): ToolCallInfo {
  const { toolName, toolCallId, input } = toolCall
  return callInfo(toolName, input, { toolCallId, messages })
}

function checkPolicy(caller: string, policy: unknown): void {
  if (policy === undefined || typeof policy === 'function') return
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) {
    throw misuse(
      caller,
      `toolApproval must be a function, or statuses and functions by tool name, got ${shown(policy)}`,
    )
  }
  for (const [toolName, entry] of Object.entries(policy)) {
    if (entry !== undefined && typeof entry !== 'function') readVerdict(caller, toolName, entry)
  }
}

async function askPolicy(
  policy: ToolApprovalOption | undefined,
  question: ToolApprovalQuestion,
): Promise<unknown> {
  if (policy === undefined) return undefined
  if (typeof policy === 'function') return policy(question)
  const { toolCall, messages, runtimeContext } = question
  if (!Object.hasOwn(policy, toolCall.toolName)) return undefined
  const entry = policy[toolCall.toolName]
  if (typeof entry !== 'function') return entry
  const { toolCallId } = toolCall
  const options = { toolCallId, messages, toolContext: contextOf(question), runtimeContext }
  return Reflect.apply(entry, undefined, [toolCall.input, options])
}

function contextOf({ toolCall, toolsContext }: ToolApprovalQuestion) {
  const contexts = new Map(Object.entries(toolsContext ?? {}))
  return contexts.get(toolCall.toolName)
}

/** The SDK lets a call run whose status it does not know. */
function readVerdict(caller: string, toolName: string, status: unknown): ToolApprovalVerdict {
  const { type, reason } = typeof status === 'object' && status !== null ? fields(status) : { type: status }
  if (type === 'not-applicable') return open
  if (isType(type)) return typeof reason === 'string' ? { type, reason } : { type }
  throw misuse(
    caller,
    `toolApproval of tool "${toolName}" must be 'user-approval', 'approved', 'denied', 'not-applicable' or undefined, got ${shown(status)}`,
  )
}

function fields(status: object): { type: unknown; reason?: unknown } {
  return { type: Reflect.get(status, 'type'), reason: Reflect.get(status, 'reason') }
}

function isType(type: unknown): type is Exclude<ToolApprovalVerdict['type'], 'not-applicable'> {
  return types.has(type)
}
