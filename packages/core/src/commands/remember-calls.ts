import { isSameJson } from '../json/is-same-json.ts'

const maxRemembered = 1000

/**
 * Answers a repeated call with the outcome of the first: same call id and same input. A call that is still running is
 * joined. A failure is forgotten, so that a repeat tries again. The last 1,000 are held, in memory only: some providers
 * number their calls from zero in every chat (TASK-13).
 */
export function rememberCalls<Input, Output>(
  run: (input: Input) => Promise<Output>,
): (input: Input, callId: string | undefined) => Promise<Output> {
  const calls = new Map<string, { readonly input: Input; readonly outcome: Promise<Output> }>()
  return (input, callId) => {
    if (callId === undefined) return run(input)
    const known = calls.get(callId)
    if (known !== undefined && isSameJson(known.input, input)) return known.outcome

    const call = { input, outcome: run(input) }
    calls.delete(callId)
    calls.set(callId, call)
    const [oldest] = calls.keys()
    if (calls.size > maxRemembered && oldest !== undefined) calls.delete(oldest)
    call.outcome.catch(() => {
      if (calls.get(callId) === call) calls.delete(callId)
    })
    return call.outcome
  }
}
