import { memoryApprovalStore, type ApprovalStore } from '@crux/core/tool-middleware'
import { checkInteger, misuse, shown } from '../misuse.ts'
import { importKey } from './approval-token.ts'

type Secret = string | Uint8Array

/** How approvals are signed, and where it is remembered which were used (AI-57). */
export interface ApprovalOptions {
  /**
   * Signs approvals: text or bytes, at least 32 bytes, the same in every process. Of a list the first signs and all
   * verify, so that a secret can be replaced. Default: a random one of this process.
   */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** Shared by all processes that have the secret, and needed with one. Default: the memory of this process. */
  readonly store?: ApprovalStore | undefined
  /** How long an approval can be given, in milliseconds. Default 900,000: 15 minutes. */
  readonly ttlMs?: number | undefined
  /** A text that has to be the same when asking and when resuming: a user, a tenant. */
  readonly audience?: string | undefined
}

/** Checked options, with all that is needed to sign and verify. */
export interface ApprovalSettings {
  /** The first one signs. */
  readonly keys: () => Promise<readonly [CryptoKey, ...CryptoKey[]]>
  readonly hasSecret: boolean
  readonly store: ApprovalStore
  readonly ttlMs: number
  readonly audience: string | null
}

const minSecretBytes = 32

/** Options of a call over those of its instance; what is `undefined` does not override (AI-57). */
export function mergeApproval(
  instance: ApprovalOptions | undefined,
  call: ApprovalOptions | undefined,
): ApprovalOptions {
  const given = Object.entries(call ?? {}).filter(([, value]) => value !== undefined)
  return { ...instance, ...Object.fromEntries(given) }
}

/** Throws `CruxAIError` code `usage` for options that cannot work (AI-101). Secrets are never printed. */
export function readApproval(caller: string, options: ApprovalOptions): ApprovalSettings {
  const { secret, store, ttlMs = 900_000, audience } = options
  const secrets = secret === undefined ? undefined : readSecrets(caller, secret)
  if (store !== undefined && typeof store?.consume !== 'function') {
    throw misuse(caller, `approval.store must have consume(), got ${shown(store)}`)
  }
  if (secrets !== undefined && store === undefined) {
    throw misuse(
      caller,
      'approval.secret needs approval.store; use memoryApprovalStore() for a single process',
    )
  }
  checkInteger(caller, 'approval.ttlMs', ttlMs, 1)
  if (audience !== undefined && typeof audience !== 'string') {
    throw misuse(caller, `approval.audience must be a string, got ${shown(audience)}`)
  }
  let keys: ReturnType<ApprovalSettings['keys']> | undefined
  return {
    keys: () => (keys ??= importKeys(secrets ?? [processDefaults().secret])),
    hasSecret: secrets !== undefined,
    store: store ?? processDefaults().store,
    ttlMs,
    audience: audience ?? null,
  }
}

type Bytes = Uint8Array<ArrayBuffer>

function readSecrets(caller: string, secret: unknown): readonly [Bytes, ...Bytes[]] {
  const [first, ...rest] = Array.isArray(secret) ? secret : [secret]
  const read = (one: unknown): Bytes => {
    if (typeof one !== 'string' && !(one instanceof Uint8Array)) {
      throw misuse(
        caller,
        `approval.secret must be text or bytes, at least ${minSecretBytes}, or a list of them, got ${shown(one)}`,
      )
    }
    // Copied: bytes that are cleared meanwhile would make a key that anybody can make.
    const bytes = typeof one === 'string' ? new TextEncoder().encode(one) : new Uint8Array(one)
    if (bytes.length < minSecretBytes) {
      throw misuse(caller, `approval.secret must have at least ${minSecretBytes} bytes, got ${bytes.length}`)
    }
    if (bytes.every((byte) => byte === 0)) {
      throw misuse(caller, 'approval.secret must not be all zeros; pass it before its bytes are cleared')
    }
    return bytes
  }
  return [read(first), ...rest.map(read)]
}

async function importKeys([first, ...rest]: readonly [Bytes, ...Bytes[]]): ReturnType<
  ApprovalSettings['keys']
> {
  return [await importKey(first), ...(await Promise.all(rest.map(importKey)))]
}

interface ProcessDefaults {
  readonly secret: Bytes
  readonly store: ApprovalStore
}

// A registered symbol: two copies of this package in one process resume what the other one has asked.
const slot = Symbol.for('crux.approvals')

function processDefaults(): ProcessDefaults {
  const found: unknown = Reflect.get(globalThis, slot)
  if (isDefaults(found)) return found
  const made = Object.freeze({
    secret: crypto.getRandomValues(new Uint8Array(minSecretBytes)),
    store: memoryApprovalStore(),
  })
  // Neither writable nor configurable: another value here would be another key.
  Object.defineProperty(globalThis, slot, { value: made })
  return made
}

function isDefaults(value: unknown): value is ProcessDefaults {
  return typeof value === 'object' && value !== null && 'secret' in value && 'store' in value
}
