import { CruxAIError } from '../errors.ts'
import type { SettledRun } from '../settle/settle.ts'

/** What the results of `generate` and `stream` share. */
export function resultFields({ text, messages, pendingApprovals }: SettledRun) {
  return { text, messages: [...messages], ...(pendingApprovals.length > 0 && { pendingApprovals }) }
}

/**
 * Puts the validated object on a result. Where there is none the property throws and says why; it is then not
 * enumerable, so that printing or spreading the result does not throw (AI-22, AI-36).
 */
export function withObject<Result extends object>(caller: string, result: Result, run: SettledRun): Result {
  if (run.object !== undefined) {
    const { value } = run.object
    return Object.defineProperty(result, 'object', { value, enumerable: true })
  }
  const why =
    run.unjudged === 'suspended'
      ? 'suspended for approval; check pendingApprovals first'
      : 'the run ended with tool calls'
  const get = () => {
    throw new CruxAIError('usage', `${caller}(): no object, ${why}`)
  }
  return Object.defineProperty(result, 'object', { get })
}

/** A call that came back suspended before any model was called (AI-59). */
export function suspendedRun({
  messages,
  pendingApprovals,
}: Pick<SettledRun, 'messages' | 'pendingApprovals'>): SettledRun {
  return {
    messages,
    pendingApprovals,
    text: '',
    finishReason: 'tool_approval_required',
    unjudged: 'suspended',
    constraints: [],
  }
}
