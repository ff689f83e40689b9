import { constraint, guardrail } from '@crux/ai'
import { describe, expect, test } from 'vitest'
import { mergeByName } from '../../src/safety/by-name.ts'

const misuse = (message: string) => expect.objectContaining({ code: 'usage', message })
const pass = () => ({ action: 'pass' }) as const

describe('AI-45 AI-101 AIT-13 guardrail() refuses what could not guard', () => {
  test.each<[options: object, message: string]>([
    [{ name: 'x', phase: 'output' }, 'guardrail(): "x" needs validate or onChunk'],
    [{ name: '', phase: 'output', validate: pass }, 'guardrail(): name must not be empty'],
    [{ phase: 'output', validate: pass }, 'guardrail(): name must not be empty'],
    [{ name: 'x', validate: pass }, 'guardrail(): phase of "x" must be input or output, got undefined'],
    [
      { name: 'x', phase: 'output', validate: 'no' },
      'guardrail(): validate of "x" must be a function, got string',
    ],
    [
      { name: 'x', phase: 'output', validate: pass, onChunk: 1 },
      'guardrail(): onChunk of "x" must be a function, got 1',
    ],
    [
      { name: 'x', phase: 'input', onChunk: pass },
      'guardrail(): "x" has phase input and needs validate; an input comes in one piece',
    ],
    [
      { name: 'x', phase: 'output', validate: pass, stream: { buffer: 'some' } },
      'guardrail(): stream.buffer of "x" must be full or none, got string',
    ],
    [
      { name: 'x', phase: 'output', validate: pass, stream: { buffer: 'none' } },
      'guardrail(): "x" has stream.buffer none and needs onChunk',
    ],
  ])('%#', (options, message) => {
    expect(() => guardrail(options as never)).toThrow(misuse(message))
  })

  test('the buffer is full without onChunk and none with it', () => {
    expect(guardrail({ name: 'x', phase: 'output', validate: pass }).stream).toEqual({ buffer: 'full' })
    const both = { name: 'x', phase: 'output', validate: pass, onChunk: pass } as const
    expect(guardrail(both).stream).toEqual({ buffer: 'none' })
    expect(guardrail({ ...both, stream: { buffer: 'full' } }).stream).toEqual({ buffer: 'full' })
    expect(Object.isFrozen(guardrail(both))).toBe(true)
  })
})

describe('AI-35 AI-101 AIT-13 constraint() refuses what could not judge', () => {
  const check = () => ({ pass: true }) as const
  test.each<[options: object, message: string]>([
    [{ name: '', check }, 'constraint(): name must not be empty'],
    [{ check }, 'constraint(): name must not be empty'],
    [
      { name: 'x', severity: 'must', check },
      'constraint(): severity of "x" must be assert or suggest, got string',
    ],
    [{ name: 'x', maxRetries: -1, check }, 'constraint(): maxRetries must be an integer >= 0, got -1'],
    [{ name: 'x', maxRetries: 1.5, check }, 'constraint(): maxRetries must be an integer >= 0, got 1.5'],
    [{ name: 'x' }, 'constraint(): check of "x" must be a function, got undefined'],
  ])('%#', (options, message) => {
    expect(() => constraint(options as never)).toThrow(misuse(message))
  })

  test('the severity is assert and the retries are 2 by default', () => {
    const made = constraint({ name: 'x', check })
    expect(made).toMatchObject({ name: 'x', severity: 'assert', maxRetries: 2 })
    expect(Object.isFrozen(made)).toBe(true)
  })
})

describe('AI-45 AI-35 AIT-55 scopes', () => {
  const guard = (name: string, phase: 'input' | 'output' = 'output') =>
    guardrail({ name, phase, validate: pass })

  test('the order is contexts, prompt, call; a nearer scope replaces a name and keeps its own place', () => {
    const [a, b, c] = [guard('a'), guard('b'), guard('c')]
    const [nearerA, nearestA] = [guard('a'), guard('a')]
    expect(mergeByName([a, b], undefined, [nearerA], [c])).toEqual([b, nearerA, c])
    expect(mergeByName([a, b], [nearerA], [nearestA])).toEqual([b, nearestA])
    expect(mergeByName([a, b], [nearerA], [nearestA])[1]).toBe(nearestA)
    expect(mergeByName()).toEqual([])
  })

  test('one scope may use a name twice, for both phases; one object counts once', () => {
    const [before, after] = [guard('pii', 'input'), guard('pii', 'output')]
    expect(mergeByName([before, after, before])).toEqual([before, after])
    expect(mergeByName([before, after], [guard('pii')])).toHaveLength(1)
  })

  test('constraints merge the same way', () => {
    const make = (name: string, maxRetries: number) =>
      constraint({ name, maxRetries, check: () => ({ pass: true }) })
    const merged = mergeByName([make('a', 0), make('b', 0)], [make('a', 1)])
    expect(merged.map(({ name, maxRetries }) => [name, maxRetries])).toEqual([
      ['b', 0],
      ['a', 1],
    ])
  })
})
