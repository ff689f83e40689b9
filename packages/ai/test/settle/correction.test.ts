import { jsonSchema, type FlexibleSchema } from 'ai'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { settledOutput } from '../../src/gateway/settled-output.ts'
import { dottedPath } from '../../src/schema-issues.ts'
import { correctiveTurn } from '../../src/settle/correction.ts'
import { printedPath } from '../../src/settle/printed-path.ts'
import { answerIssues } from '../../src/settle/read-answer.ts'

const context = { response: {}, usage: {}, finishReason: 'stop' } as never

async function settle(schema: FlexibleSchema<unknown>, text: string) {
  return settledOutput(schema).parseCompleteOutput({ text }, context)
}

async function issuesOf(schema: FlexibleSchema<unknown>, text: string) {
  const settled = await settle(schema, text)
  if (settled.ok) throw new Error('is valid')
  return answerIssues(settled.error).map(({ path, message }) => ({ path: dottedPath(path), message }))
}

describe('AI-81 the output that never throws', () => {
  test('gives the value, also a valid null', async () => {
    expect(await settle(z.object({ a: z.number() }), '{"a":1}')).toEqual({ ok: true, value: { a: 1 } })
    expect(await settle(z.null(), 'null')).toEqual({ ok: true, value: null })
    expect(
      await settle(
        z.string().transform((text) => text.length),
        '"abc"',
      ),
    ).toEqual({ ok: true, value: 3 })
  })

  test('AI-33 takes the first mended text that validates', async () => {
    expect(await settle(z.array(z.number()), 'Here: [1, 2,].')).toEqual({ ok: true, value: [1, 2] })
  })

  test('gives the error and the whole answer', async () => {
    const text = 'Sure: {"a":"one"}'
    expect(await settle(z.object({ a: z.number() }), text)).toMatchObject({ ok: false, text })
  })

  test('hands the SDK the same format and partials as its own output', async () => {
    const output = settledOutput(z.object({ a: z.number() }))
    expect(await output.responseFormat).toMatchObject({ type: 'json', schema: { required: ['a'] } })
    expect(await output.parsePartialOutput({ text: '{"a":1' })).toEqual({ partial: { a: 1 } })
  })
})

describe('AI-34 the issues of an answer', () => {
  const schema = z.object({ items: z.array(z.object({ name: z.string() })) })

  test('are those of the mended text, with their paths', async () => {
    const issues = await issuesOf(schema, '```\n{"items":[{"name":"a"},{"name":2}]}\n```')
    expect(issues).toEqual([{ path: 'items.1.name', message: expect.stringContaining('expected string') }])
  })

  test('are those of the first text that is JSON', async () => {
    const number = z.object({ a: z.number() })
    const issues = await issuesOf(number, '{"b":1}\n```\n{"a":"one"}\n```')
    expect(issues).toEqual([{ path: 'a', message: expect.stringContaining('received string') }])
  })

  test('are "Invalid JSON" where no text is JSON', async () => {
    expect(await issuesOf(schema, 'I cannot')).toEqual([{ path: '', message: 'Invalid JSON' }])
  })

  test('come from any Standard Schema, with keys or objects as path', async () => {
    const standard = {
      '~standard': {
        version: 1 as const,
        vendor: 'own',
        validate: () => ({ issues: [{ message: 'odd', path: [{ key: 'a' }, 0] }] }),
        jsonSchema: { input: () => ({}), output: () => ({}) },
      },
    }
    expect(await issuesOf(standard, '{}')).toEqual([{ path: 'a.0', message: 'odd' }])
  })

  test('come from the error of a jsonSchema() without issues', async () => {
    const own = jsonSchema<unknown>({}, { validate: () => ({ success: false, error: new Error('too odd') }) })
    expect(await issuesOf(own, '{}')).toEqual([{ path: '', message: 'too odd' }])
  })
})

describe('AI-34 AI-35 the corrective turn', () => {
  test('lists path and message', () => {
    const { content } = correctiveTurn({
      issues: [
        { path: ['a', 'b'], message: 'too odd' },
        { path: [], message: 'Invalid JSON' },
      ],
    })
    expect(content).toBe(
      'Your last answer does not match the required format:\na.b: too odd\nInvalid JSON\nGive the whole corrected answer.',
    )
  })

  test('has at most 20 issues of at most 200 characters', () => {
    const issues = Array.from({ length: 30 }, (_, index) => ({
      path: [`p${index}`],
      message: 'x'.repeat(300),
    }))
    const lines = correctiveTurn({ issues }).content.split('\n').slice(1, -1)
    expect(lines).toHaveLength(20)
    expect(lines.every((line) => line.length === 200)).toBe(true)
  })

  test('has the feedback of every constraint that fails', () => {
    const constraints = [{ name: 'short', feedback: 'At most 9 words.' }, { name: 'kind' }]
    expect(correctiveTurn({ constraints }).content).toBe(
      'Your last answer does not meet these requirements:\n[short]: At most 9 words.\n[kind]: not met\nGive the whole corrected answer.',
    )
  })
})

describe('AI-34 paths as they are printed', () => {
  const toJson = (schema: z.ZodType) => z.toJSONSchema(schema, { target: 'draft-7' }) as never

  test.each<[schema: z.ZodType, path: PropertyKey[], printed: string]>([
    [z.object({ items: z.array(z.object({ name: z.string() })) }), ['items', 3, 'name'], 'items.3.name'],
    [z.object({ a: z.string() }), ['secret'], '*'],
    [z.record(z.string(), z.object({ age: z.number() })), ['Ada Lovelace', 'age'], '*.age'],
    [
      z.object({ who: z.union([z.object({ a: z.number() }), z.object({ b: z.object({ c: z.number() }) })]) }),
      ['who', 'b', 'c'],
      'who.b.c',
    ],
    [z.tuple([z.object({ x: z.number() }), z.string()]), [0, 'x'], '0.x'],
    [z.string(), [], '(root)'],
    [z.object({ a: z.string() }), ['constructor', 'name'], '*.*'],
  ])('%#', (schema, path, printed) => {
    expect(printedPath(path, toJson(schema))).toBe(printed)
  })

  test('a recursive schema is followed as deep as the path goes', () => {
    const node: z.ZodType = z.object({
      get next() {
        return node.optional()
      },
      tags: z.record(z.string(), z.string()),
    })
    expect(printedPath(['next', 'next', 'tags', 'pin 1234'], toJson(node))).toBe('next.next.tags.*')
    expect(
      printedPath(['next', 'next', 'tags', 'pin 1234'], {
        anyOf: [{ $ref: '#' }, { $ref: '#/definitions/gone' }],
      }),
    ).toBe('*.*.*.*')
  })

  test('without a JSON Schema every key is hidden', () => {
    expect(printedPath(['items', 3, 'name'], undefined)).toBe('*.3.*')
  })
})
