import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { root } from './module-imports.ts'

/** `LIVE-10`, `LIVE-17a`; not the names of standards that look like one. */
const ruleNumber = /\b(?!(?:UTF|ISO|SHA|RFC|ES|HTTP|CVE)-)[A-Z]{2,}-\d+[a-z]?\b/g

/** Every rule that docs/protocol states, with the file that does: a heading or a list item that begins with its number. */
export function readStatedRules(): Map<string, string> {
  const stated = new Map<string, string>()
  for (const file of globSync('docs/protocol/**/*.md', { cwd: root }).toSorted()) {
    const entry = /^\s*(?:#{1,6}|[-*])\s+(?:\*\*|`)*([A-Z]{2,}-\d+[a-z]?)\b/gm
    for (const [, rule = ''] of readFileSync(join(root, file), 'utf8').matchAll(entry)) stated.set(rule, file)
  }
  return stated
}

/** Every rule that the title of a test or of a group of tests names, with the files that do. */
export function readCitedRules(): Map<string, Set<string>> {
  const cited = new Map<string, Set<string>>()
  const files = globSync(
    [
      'packages/*/{test,test-browser}/**/*.{ts,tsx}',
      'packages/core/src/testing/**/*.ts',
      'examples/*/e2e/**/*.ts',
      'reliability/*.test.ts',
      'test/**/*.ts',
    ],
    { cwd: root, exclude: ['**/node_modules/**', 'test/rule-numbers.ts', 'test/protocol.test.ts'] },
  )
  for (const file of files.toSorted()) {
    for (const title of testTitles(file, readFileSync(join(root, file), 'utf8'))) {
      for (const [rule] of title.matchAll(ruleNumber))
        cited.set(rule, (cited.get(rule) ?? new Set()).add(file))
    }
  }
  return cited
}

/**
 * The first argument of each `test(…)`, `it(…)`, `describe(…)`, also of `test.each(…)(…)`, where it is written out; and
 * the title of each case of a contract, an object with `title` and `run` that a contract registers as a test.
 */
export function testTitles(file: string, code: string): string[] {
  const titles: string[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit)
    if (!isNode(node)) return
    if (node['type'] === 'CallExpression' && /^(test|it|describe)$/.test(rootName(node['callee']))) {
      const [first] = Array.isArray(node['arguments']) ? node['arguments'] : []
      if (isNode(first)) titles.push(literalText(first))
    }
    if (node['type'] === 'ObjectExpression') {
      const [title, run] = ['title', 'run'].map((name) => propertyNamed(node, name))
      if (title && run) titles.push(literalText(title))
    }
    Object.values(node).forEach(visit)
  }
  visit(parseSync(file, code).program)
  return titles.filter((title) => title !== '')
}

type SyntaxNode = Readonly<Record<string, unknown>>

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What an object literal has under a name. */
function propertyNamed({ properties }: SyntaxNode, name: string): SyntaxNode | undefined {
  if (!Array.isArray(properties)) return undefined
  const property = properties.filter(isNode).find(({ key }) => isNode(key) && key['name'] === name)
  return isNode(property?.['value']) ? property['value'] : undefined
}

/** `test` for `test`, `test.skipIf(x)` and `test.each(rows)`. */
function rootName(callee: unknown): string {
  if (!isNode(callee)) return ''
  if (callee['type'] === 'Identifier') return String(callee['name'])
  return rootName(callee['object'] ?? callee['callee'] ?? callee['tag'])
}

function literalText(node: SyntaxNode): string {
  if (typeof node['value'] === 'string') return node['value']
  if (node['type'] !== 'TemplateLiteral' || !Array.isArray(node['quasis'])) return ''
  return node['quasis'].map((quasi) => String(quasi.value.raw)).join('…')
}
