import type { ReactNode } from 'react'

/** The little Markdown that plans use: headings, lists, paragraphs, bold and code. Anything else stays text. */
export function Markdown({ text }: { readonly text: string }) {
  const blocks = text.split(/\n{2,}|\n(?=#)|(?<=^#.*)\n/m).filter((block) => block.trim() !== '')
  return blocks.map((block, index) => <Block key={index} text={block.trim()} />)
}

function Block({ text }: { readonly text: string }) {
  const lines = text.split('\n')
  if (/^#{1,6} /.test(text)) return <h3>{inline(text.replace(/^#+ /, ''))}</h3>
  if (lines.every((line) => /^\s*[-*] /.test(line))) return <ul>{items(lines)}</ul>
  if (lines.every((line) => /^\s*\d+[.)] /.test(line))) return <ol>{items(lines)}</ol>
  return <p>{inline(text)}</p>
}

function items(lines: readonly string[]): ReactNode {
  return lines.map((line, index) => <li key={index}>{inline(line.replace(/^\s*([-*]|\d+[.)]) /, ''))}</li>)
}

function inline(text: string): ReactNode {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((piece, index) => {
    if (piece.startsWith('**')) return <strong key={index}>{piece.slice(2, -2)}</strong>
    if (piece.startsWith('`')) return <code key={index}>{piece.slice(1, -1)}</code>
    return piece
  })
}
