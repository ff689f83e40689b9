import { CruxError } from '@crux/core/errors'

/** What kind of failure it was, for programs: retry later, tell the person, or mend the program. */
export type CruxAIErrorCode =
  /** A limit of time has passed. */
  | 'timeout'
  /** The caller's signal has ended the call. */
  | 'aborted'
  /** No answer has matched the output schema. */
  | 'validation_exhausted'
  /** The provider, the network, a tool: whatever is none of the others. */
  | 'provider'
  /** A guardrail, a constraint, an approval or a cascade has refused. */
  | 'policy'
  /** The program calls this package in a way that cannot work. The message says how to mend it. */
  | 'usage'

/** By the code of a `CruxError`; what is not listed, such as a store that a tool could not reach, is `provider`. */
const byCruxCode: ReadonlyMap<string, CruxAIErrorCode> = new Map([
  ...(['timeout', 'aborted', 'validation_exhausted', 'provider', 'policy', 'usage'] as const).map(
    (code) => [code, code] as const,
  ),
  ['validation-exhausted', 'validation_exhausted'],
  ['constraint-violated', 'policy'],
  ['guardrail-blocked', 'policy'],
  ['cascade-exhausted', 'policy'],
  ['invalid-value', 'usage'],
])

/** Which kind of failure a thrown value is, for `CruxAIError.classify` (AI-69). */
export function errorCode(error: unknown): CruxAIErrorCode {
  if (CruxError.is<string>(error)) {
    return error.name === 'ToolApprovalError' ? 'policy' : (byCruxCode.get(error.code) ?? 'provider')
  }
  if (error instanceof AggregateError) {
    const [first, ...others] = new Set(error.errors.map(errorCode))
    return first !== undefined && others.length === 0 ? first : 'provider'
  }
  if (!(error instanceof Error)) return 'provider'
  const last = 'lastError' in error ? error.lastError : undefined
  if (last !== undefined && last !== error) return errorCode(last)
  if (error.name === 'AbortError') return 'aborted'
  return error.name === 'TimeoutError' ? 'timeout' : 'provider'
}
