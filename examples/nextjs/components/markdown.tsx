import type { ReactNode } from 'react'

/** The little Markdown that plans use: headings, lists, paragraphs, bold and code. Anything else stays text. */
export function Markdown({ text }: { readonly text: string }) {
  return blocksOf(text).map((block, index) => <BlockView key={index} {...block} />)
}

interface Block {
  readonly kind: 'heading' | 'bullets' | 'numbers' | 'text'
  readonly lines: string[]
}

const marker = { heading: /^#{1,6}\s+/, bullets: /^\s*[-*]\s+/, numbers: /^\s*\d+[.)]\s+/, text: /^\s*/ }

function kindOf(line: string): Block['kind'] {
  if (marker.heading.test(line)) return 'heading'
  if (marker.bullets.test(line)) return 'bullets'
  return marker.numbers.test(line) ? 'numbers' : 'text'
}

/** Lines of one kind that follow each other belong together. A blank line ends a paragraph, but not a list. */
function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let isAfterBlank = false
  for (const line of text.split('\n')) {
    const isBlank = line.trim() === ''
    if (!isBlank) {
      const kind = kindOf(line)
      const content = line.replace(marker[kind], '')
      const last = blocks.at(-1)
      const isStandalone = kind === 'heading' || (kind === 'text' && isAfterBlank)
      if (last?.kind === kind && !isStandalone) last.lines.push(content)
      else blocks.push({ kind, lines: [content] })
    }
    isAfterBlank = isBlank
  }
  return blocks
}

function BlockView({ kind, lines }: Block) {
  switch (kind) {
    case 'heading':
      return <h3>{inline(lines.join(' '))}</h3>
    case 'bullets':
      return <ul>{items(lines)}</ul>
    case 'numbers':
      return <ol>{items(lines)}</ol>
    case 'text':
      return <p>{inline(lines.join(' '))}</p>
    default:
      return kind satisfies never
  }
}

function items(lines: readonly string[]): ReactNode {
  return lines.map((line, index) => <li key={index}>{inline(line)}</li>)
}

function inline(text: string): ReactNode {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((piece, index) => {
    if (piece.startsWith('**')) return <strong key={index}>{piece.slice(2, -2)}</strong>
    if (piece.startsWith('`')) return <code key={index}>{piece.slice(1, -1)}</code>
    return piece
  })
}
