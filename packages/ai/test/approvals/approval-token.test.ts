import { ToolApprovalError } from '@crux/core/tool-middleware'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { importKey, sha256, signToken, verifyToken } from '../../src/approvals/approval-token.ts'
import { fromBase64Url, toBase64Url } from '../../src/approvals/base64-url.ts'

const key = await importKey(new Uint8Array(32).fill(1))
const otherKey = await importKey(new Uint8Array(32).fill(2))
const subject = {
  approvalId: 'request-1',
  toolCallId: 'call-1',
  toolName: 'pay',
  inputHash: await sha256('{"sum":1}'),
  aud: '["prompt",null]',
}
const claims = { ...subject, exp: 2000 }
const token = await signToken(key, claims)

async function codeOf(given: unknown, expected = subject, now = 1000, keys = [key]): Promise<string> {
  try {
    const exp = await verifyToken(given, expected, { keys, hasSecret: true, now })
    return `valid until ${exp}`
  } catch (error) {
    if (!(error instanceof ToolApprovalError)) throw error
    return error.approvalId === expected.approvalId ? error.code : 'names another request'
  }
}

describe('AI-55 the token', () => {
  test('AI-55 is v1, the payload as JSON in base64url, and an HMAC-SHA-256 of both', async () => {
    const [version, payload = '', mac = '', ...rest] = token.split('.')
    expect([version, rest]).toEqual(['v1', []])
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual(claims)
    const { createHmac } = await import('node:crypto')
    const expected = createHmac('sha256', new Uint8Array(32).fill(1)).update(`v1.${payload}`)
    expect(mac).toBe(expected.digest('base64url'))
  })

  test('AI-55 is valid for its own claims until its end', async () => {
    expect(await codeOf(token)).toBe('valid until 2000')
    expect(await codeOf(token, subject, 1999)).toBe('valid until 2000')
    expect(await codeOf(token, subject, 2000)).toBe('expired')
    expect(await codeOf(token, subject, Number.NaN)).toBe('expired')
  })

  test('AI-57 any key of the list verifies, another one does not', async () => {
    expect(await codeOf(token, subject, 1000, [otherKey, key])).toBe('valid until 2000')
    expect(await codeOf(token, subject, 1000, [otherKey])).toBe('bad-signature')
    expect(await codeOf(token, subject, 1000, [])).toBe('bad-signature')
  })

  test.each(Object.keys(subject))(
    'AI-59 AIT-70 another %s is a mismatch, also when it is over',
    async (name) => {
      const other = { ...subject, [name]: `${Reflect.get(subject, name)}x` }
      expect(await codeOf(token, other)).toBe('mismatch')
      expect(await codeOf(token, other, 3000)).toBe('mismatch')
    },
  )

  test('AI-62 AIT-70 any changed character, and any that is missing or added, fails with its code', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '
    const macStart = token.lastIndexOf('.')
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom(...alphabet.split('')),
        async (at, character) => {
          fc.pre(token[at] !== character)
          const changed = token.slice(0, at) + character + token.slice(at + 1)
          const isText = /[\w-]/.test(character) && token[at] !== '.' && at > 2
          // The last character of the payload and of the mac has bits to spare: another text for the same bytes is no token.
          const isLast = at === macStart - 1 || at === token.length - 1
          const codes = isLast ? ['bad-signature', 'malformed'] : [isText ? 'bad-signature' : 'malformed']
          expect(codes).toContain(await codeOf(changed))
          expect(['bad-signature', 'malformed']).toContain(await codeOf(token.slice(0, at)))
          expect(await codeOf(token + character)).toBe('malformed')
        },
      ),
      { numRuns: 300 },
    )
  })

  test('AI-62 every last character but the right one fails', async () => {
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')
    const codes = await Promise.all(last.map((character) => codeOf(token.slice(0, -1) + character)))
    expect(codes.filter((code) => code.startsWith('valid'))).toHaveLength(1)
  })

  test.each([undefined, null, 7, {}, [token], '', 'v1', 'v1..', 'v2.e30.e30', `${token}.x`, ` ${token}`])(
    'AI-62 %o is malformed',
    async (given) => {
      expect(await codeOf(given)).toBe('malformed')
    },
  )

  test('AI-62 claims of another shape are malformed although they are signed', async () => {
    const sign = async (payload: string) => {
      const text = `v1.${toBase64Url(new TextEncoder().encode(payload))}`
      const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))
      return `${text}.${toBase64Url(new Uint8Array(mac))}`
    }
    for (const payload of ['', 'no JSON', 'null', '[]', JSON.stringify({ ...claims, exp: '9999' })]) {
      expect(await codeOf(await sign(payload))).toBe('malformed')
    }
    expect(await codeOf(await sign(JSON.stringify(claims)))).toBe('valid until 2000')
  })

  test('AI-57 a bad signature says that without a secret approvals stay in their process', async () => {
    const verifying = verifyToken(token, subject, { keys: [otherKey], hasSecret: false, now: 0 })
    await expect(verifying).rejects.toThrow(
      'no approval.secret: approvals work only in the process that asked',
    )
  })
})

describe('base64url', () => {
  test('AI-55 bytes come back, and no other text means them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(fromBase64Url(text)).toEqual(bytes)
      }),
    )
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQgw-_09+/= .'.split('')) }), (text) => {
        const bytes = fromBase64Url(text)
        expect(bytes === undefined || toBase64Url(bytes) === text).toBe(true)
      }),
    )
  })
})
