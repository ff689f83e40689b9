import { ToolApprovalError } from '@crux/core/tool-middleware'
import { fromBase64Url, toBase64Url } from './base64-url.ts'

/**
 * What a token says. The token is `v1.<payload>.<mac>` in base64url: the payload is this as JSON, the mac is HMAC-SHA-256
 * over the text `v1.<payload>` (AI-55).
 */
export interface ApprovalClaims {
  readonly approvalId: string
  readonly toolCallId: string
  readonly toolName: string
  /** SHA-256 of the canonical JSON of the input, base64url. */
  readonly inputHash: string
  /** Which prompt and audience may use it. */
  readonly aud: string
  /** Not valid from here on, in epoch milliseconds. */
  readonly exp: number
}

const bound = ['approvalId', 'toolCallId', 'toolName', 'inputHash', 'aud'] as const
const macBytes = 32

/** A key for signing and verifying, from at least 32 bytes. */
export function importKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
}

/** SHA-256 of a text, base64url. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return toBase64Url(new Uint8Array(digest))
}

/** A token for the claims. */
export async function signToken(key: CryptoKey, claims: ApprovalClaims): Promise<string> {
  const { approvalId, toolCallId, toolName, inputHash, aud, exp } = claims
  const payload = JSON.stringify({ approvalId, toolCallId, toolName, inputHash, aud, exp })
  const signed = `v1.${toBase64Url(new TextEncoder().encode(payload))}`
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed))
  return `${signed}.${toBase64Url(new Uint8Array(mac))}`
}

/**
 * When a token ends, if it was signed with one of the keys for just these claims and is valid at `now`. Throws
 * `ToolApprovalError` (AI-62): `malformed`, `bad-signature`, `mismatch` or `expired`, looked for in this order. Nothing
 * of the payload is read before the mac has been verified.
 */
export async function verifyToken(
  token: unknown,
  expected: Omit<ApprovalClaims, 'exp'>,
  { keys, hasSecret, now }: { keys: readonly CryptoKey[]; hasSecret: boolean; now: number },
): Promise<number> {
  const { approvalId } = expected
  const fail = (code: ToolApprovalError['code'], problem: string) =>
    new ToolApprovalError(code, `Approval "${approvalId}": ${problem}`, approvalId)

  const { signed, payload, mac } = splitToken(token) ?? {}
  if (signed === undefined || payload === undefined || mac === undefined) {
    throw fail('malformed', 'this is no approval token; send the approvalToken of pendingApprovals as it is.')
  }
  if (!(await isSigned(keys, signed, mac))) {
    throw fail(
      'bad-signature',
      hasSecret
        ? 'the token was changed, or signed with a secret that is not in approval.secret.'
        : 'the token was changed, or made elsewhere; no approval.secret: approvals work only in the process that asked',
    )
  }
  const claims = readClaims(payload)
  if (claims === undefined) throw fail('malformed', 'the token has no claims that this version knows.')
  const different = bound.find((name) => claims[name] !== expected[name])
  if (different !== undefined) {
    throw fail(
      'mismatch',
      `the token is for another ${meanings[different]}; deny it, so that it is asked anew.`,
    )
  }
  if (!(claims.exp > now)) {
    throw fail('expired', 'the token is no longer valid; deny the request, and the model may ask anew.')
  }
  return claims.exp
}

const meanings: Readonly<Record<(typeof bound)[number], string>> = {
  approvalId: 'request',
  toolCallId: 'call',
  toolName: 'tool',
  inputHash: 'input',
  aud: 'prompt or audience',
}

function splitToken(token: unknown) {
  if (typeof token !== 'string') return undefined
  const [version, payload = '', mac = '', ...rest] = token.split('.')
  if (version !== 'v1' || rest.length > 0) return undefined
  const macFound = fromBase64Url(mac)
  if (macFound?.length !== macBytes) return undefined
  const payloadFound = fromBase64Url(payload)
  if (payloadFound === undefined) return undefined
  return { signed: new TextEncoder().encode(`v1.${payload}`), payload: payloadFound, mac: macFound }
}

async function isSigned(
  keys: readonly CryptoKey[],
  signed: Uint8Array<ArrayBuffer>,
  mac: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (const key of keys) if (await crypto.subtle.verify('HMAC', key, mac, signed)) return true
  return false
}

function readClaims(payload: Uint8Array): ApprovalClaims | undefined {
  let claims: unknown
  try {
    claims = JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
  return isClaims(claims) ? claims : undefined
}

function isClaims(value: unknown): value is ApprovalClaims {
  if (typeof value !== 'object' || value === null) return false
  const isText = (name: string) => typeof Reflect.get(value, name) === 'string'
  return bound.every(isText) && Number.isFinite(Reflect.get(value, 'exp'))
}
