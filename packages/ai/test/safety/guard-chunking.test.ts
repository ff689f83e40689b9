import { guardrail, type Guardrail } from '@crux/ai'
import { assert, asyncProperty, array, constantFrom, integer, record } from 'fast-check'
import { describe, test, expect } from 'vitest'
import { guardBlock } from '../../src/safety/guard-block.ts'

const word = /\bcat\b/g

/** Rewrites whole words: up to the last space everything is known, the rest may go on and is held. */
function wordGuard(name: string, replacement: string, buffer: 'full' | 'none' = 'none'): Guardrail {
  return guardrail({
    name,
    phase: 'output',
    stream: { buffer },
    onChunk: (chunk, _accumulated, { last }) => {
      if (!last && !chunk.endsWith(' ')) return { action: 'hold' }
      return { action: 'redact', content: chunk.replaceAll(word, replacement) }
    },
  })
}

/** Rewrites the whole block. */
const wholeGuard = guardrail({
  name: 'whole',
  phase: 'output',
  validate: (text) => ({ action: 'transform', content: text.replaceAll('dog', 'bird') }),
})

async function through(
  guards: readonly Guardrail[],
  pieces: readonly string[],
  whole = false,
): Promise<string> {
  const context = { phase: 'output', step: 0 } as const
  const block = guardBlock(guards, { context, record: () => {}, whole })
  let text = ''
  for (const piece of pieces) text += await block.push(piece)
  return text + (await block.end())
}

const anyText = array(constantFrom('c', 'a', 't', ' ', 'cat', 'cats ', 'dog', '😺'), { maxLength: 40 }).map(
  (parts) => parts.join(''),
)

/** A text with every way of cutting it, through the middle of an emoji as well. */
const anyCut = record({ text: anyText, cuts: array(integer({ min: 0, max: 80 }), { maxLength: 12 }) }).map(
  ({ text, cuts }) => {
    const places = [0, ...cuts.filter((cut) => cut <= text.length).toSorted((a, b) => a - b), text.length]
    return { text, pieces: places.slice(1).map((place, index) => text.slice(places[index], place)) }
  },
)

describe('AI-48 AIT-56 however a text is cut', () => {
  test.each<[title: string, guards: Guardrail[], expected: (text: string) => string]>([
    ['a guard with hold', [wordGuard('a', 'dog')], (text) => text.replaceAll(word, 'dog')],
    [
      'a guard with hold and full buffering',
      [wordGuard('a', 'dog', 'full')],
      (text) => text.replaceAll(word, 'dog'),
    ],
    [
      'two guards with hold, the later one over what the earlier one made',
      [wordGuard('a', 'a cat cat'), wordGuard('b', 'dog')],
      (text) => text.replaceAll(word, 'a dog dog'),
    ],
    [
      'a guard with hold before one of the whole block',
      [wordGuard('a', 'dog'), wholeGuard],
      (text) => text.replaceAll(word, 'dog').replaceAll('dog', 'bird'),
    ],
    [
      'one of the whole block before a guard with hold',
      [wholeGuard, wordGuard('a', 'dog')],
      (text) => text.replaceAll('dog', 'bird').replaceAll(word, 'dog'),
    ],
  ])('%s gives the same text', async (_title, guards, expected) => {
    await assert(
      asyncProperty(anyCut, async ({ text, pieces }) => {
        expect(await through(guards, pieces)).toBe(expected(text))
        expect(await through(guards, [text], true)).toBe(expected(text))
      }),
    )
  })

  test('a guard that lets everything pass changes nothing, and is told of every character once', async () => {
    await assert(
      asyncProperty(anyCut, async ({ text, pieces }) => {
        const told: string[] = []
        let newest = ''
        const watch = guardrail({
          name: 'watch',
          phase: 'output',
          onChunk: (chunk, accumulated) => {
            told.push(chunk)
            newest = accumulated
            return { action: 'pass' }
          },
        })
        expect(await through([watch], pieces)).toBe(text)
        expect(told.join('')).toBe(text)
        expect(newest).toBe(text)
      }),
    )
  })
})
