import { isObject } from '../json/is-object.ts'
import type { Chunk, StreamChunk } from './stream-chunk.ts'
import { structuredChunkProblem } from './structured-chunk-problem.ts'

type Fields = Readonly<Record<string, unknown>>

/** What a known type needs beside `id` and `node`. Gives what is wrong, in words. */
const checks = /* @__PURE__ */ new Map<unknown, (chunk: Fields) => string | undefined>([
  ['message', (chunk) => needText(chunk, 'content')],
  ['text-start', () => undefined],
  ['text-delta', (chunk) => needText(chunk, 'delta')],
  ['text-end', () => undefined],
  ['structured-data', (chunk) => structuredChunkProblem(chunk)?.problem],
  ['interrupt', interruptProblem],
  ['status', (chunk) => needText(chunk, 'message')],
  [
    'error',
    (chunk) =>
      needText(chunk, 'message') ??
      mayBeText(chunk, 'code') ??
      mayBeText(chunk, 'streamId') ??
      mayBeText(chunk, 'dataType'),
  ],
  ['done', () => undefined],
])

/**
 * Why a value is no chunk, in words; `undefined` if it is one (STR-28). Fields of known types are checked, others may hold
 * anything; of an unknown type only the type is looked at.
 */
export function chunkProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'a chunk must be an object'
  const { type } = value
  if (typeof type !== 'string' || type === '') return '"type" must be a string that is not empty'
  const check = checks.get(type)
  if (!check) return undefined
  if (type !== 'done') {
    const problem = mayBeText(value, 'id') ?? mayBeText(value, 'node')
    if (problem !== undefined) return problem
  }
  return check(value)
}

/** True for a chunk whose type is known here; then its fields have their types, if it was checked when it came. */
export function isKnownChunk(chunk: Chunk): chunk is StreamChunk {
  return checks.has(chunk.type)
}

function needText(fields: Fields, name: string): string | undefined {
  return typeof fields[name] === 'string' ? undefined : `"${name}" must be a string`
}

function mayBeText(fields: Fields, name: string): string | undefined {
  return fields[name] === undefined ? undefined : needText(fields, name)
}

function interruptProblem(chunk: Fields): string | undefined {
  const { input, meta } = chunk
  const problem = needText(chunk, 'requestId') ?? needText(chunk, 'resumeToken')
  if (problem !== undefined) return problem
  if (meta !== undefined && !isObject(meta)) return '"meta" must be an object'
  if (!isObject(input)) return '"input" must be an object'
  const { kind, options } = input
  const isChoice = kind === 'choice' || kind === 'multi-choice'
  if (isChoice && !(Array.isArray(options) && options.length > 0)) return 'a choice needs "options"'
  // What belongs to a kind that is not known here may have any form.
  const areOurs = isChoice || (kind === 'text' && options !== undefined)
  if (areOurs && !(Array.isArray(options) && options.every(isOption)))
    return '"options" must be a list of options'
  return needText(input, 'kind') ?? mayBeText(input, 'question')
}

function isOption(option: unknown): boolean {
  return (
    isObject(option) &&
    typeof option['id'] === 'string' &&
    typeof option['label'] === 'string' &&
    mayBeText(option, 'description') === undefined
  )
}
