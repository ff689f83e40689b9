import { CruxError } from '../errors/index.ts'
import type { ToolCallInfo, ToolMatcher } from './tool-call-info.ts'

/** One function for a list of matchers: true for a call that any of them selects. Throws `invalid-value` (AI-101). */
export function matchTool(
  caller: string,
  match: readonly ToolMatcher[],
): (call: ToolCallInfo) => Promise<boolean> {
  if (!Array.isArray(match)) throw misuse(`${caller}(): match must be a list, got ${typeof match}`)
  const tests = match.map((matcher, index) => testOf(caller, matcher, index))
  return async (call) => {
    for (const test of tests) if (await test(call)) return true
    return false
  }
}

/** Throws `invalid-value` unless `id` is a text that is not empty. */
export function checkId(caller: string, id: unknown): void {
  if (typeof id !== 'string') throw misuse(`${caller}(): id must be a string, got ${typeof id}`)
  if (id.trim() === '') throw misuse(`${caller}(): id must not be empty`)
}

/** An error for a definition that cannot work. */
export function misuse(message: string): CruxError {
  return new CruxError('invalid-value', message)
}

function testOf(
  caller: string,
  matcher: ToolMatcher,
  index: number,
): (call: ToolCallInfo) => boolean | Promise<boolean> {
  if (typeof matcher === 'string') return ({ toolName }) => toolName === matcher
  if (typeof matcher === 'function') return matcher
  if (!(matcher instanceof RegExp)) {
    throw misuse(
      `${caller}(): match[${index}] must be a tool name, RegExp or predicate, got ${typeof matcher}`,
    )
  }
  // A copy: a global or sticky pattern keeps where it stopped, and another user of it would move our start.
  const pattern = new RegExp(matcher.source, matcher.flags)
  return ({ toolName }) => {
    pattern.lastIndex = 0
    return pattern.test(toolName)
  }
}
