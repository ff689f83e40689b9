import { toLabel } from './plan-text.ts'
import { normalizeToolName } from './tool-name.ts'

/**
 * A label for people, made of a tool's name: the first and the last part between dots, in words (INJ-81).
 *
 * @example
 * deriveTaskLabel('customers__list_people') // 'Customers · List people'
 * deriveTaskLabel('getUserByID') // 'Get user by ID'
 */
export function deriveTaskLabel(toolName?: string): string {
  const segments = (normalizeToolName(toolName) ?? '').split('.').filter((segment) => segment !== '')
  if (segments[0] === 'mcp') segments.shift()
  const phrases = segments.map(toPhrase).filter((phrase) => phrase !== '')
  const shown = phrases.length > 1 ? [phrases[0], phrases.at(-1)] : phrases
  return toLabel(shown.join(' · ')) || 'Tool call'
}

function toPhrase(segment: string): string {
  const words = segment
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, '_')
    .split(/[_:-]+/)
    .filter((word) => word !== '')
    .map((word) => (isAcronym(word) ? word : word.toLowerCase()))
  const [first = '', ...rest] = words
  return [first.replace(/^\p{L}/u, (letter) => letter.toUpperCase()), ...rest].join(' ')
}

function isAcronym(word: string): boolean {
  return /^\p{Lu}[\p{Lu}\p{N}]+$/u.test(word)
}
