import { CruxError } from '../errors/index.ts'

/** Why an approval did not count. */
type ToolApprovalErrorCode =
  /** The history holds no request with this id, or none whose call is there. */
  | 'unknown-request'
  /** Approved without a token. */
  | 'missing-token'
  /** The token is no token. */
  | 'malformed'
  /** Signed with another key, or changed since. */
  | 'bad-signature'
  /** A token for another request, call, tool, input, prompt or audience. */
  | 'mismatch'
  | 'expired'
  /** Used before: the tool ran then, or may have, or the request was denied. */
  | 'consumed'

/** An approval does not count: nothing of the history ran (AI-62). */
export class ToolApprovalError extends CruxError<ToolApprovalErrorCode> {
  override readonly name = 'ToolApprovalError'
  /** The request's id; `undefined` where a call was reached that nobody had asked about. */
  readonly approvalId: string | undefined

  constructor(code: ToolApprovalErrorCode, message: string, approvalId?: string) {
    super(code, message)
    this.approvalId = approvalId
  }
}
