import { carryOut, readChunkResult, readResult, type GuardLog } from './guard-verdict.ts'
import { bufferOf, type GuardContext, type Guardrail } from './guardrail.ts'

/**
 * What looks at one block of text while it arrives. Both give the text that may go on, `''` for none yet, and reject
 * where a guard blocks or throws.
 */
export interface BlockGuard {
  readonly push: (chunk: string) => Promise<string>
  readonly end: () => Promise<string>
}

interface BlockOptions {
  readonly context: Omit<GuardContext, 'last'>
  readonly record: GuardLog['record']
  /** The block comes in one piece, so that no guard sees parts of it. */
  readonly whole: boolean
}

/** The guards of a block in a row: each sees what the one before it has let through. */
export function guardBlock(guards: readonly Guardrail[], options: BlockOptions): BlockGuard {
  const row = guards.map((guard) => guardWith(guard, options))
  return {
    push: async (chunk) => {
      let text = chunk
      for (const guard of row) text = await guard.push(text)
      return text
    },
    end: async () => {
      let rest = ''
      for (const guard of row) {
        const passed = await guard.push(rest)
        rest = passed + (await guard.end())
      }
      return rest
    },
  }
}

/**
 * One guard over one block. What is not let through yet is held, in front of what comes next:
 *
 *     by pieces   push -> [held + chunk] -> onChunk -> on it goes, or stays held
 *     as a whole  push -> [held + chunk]
 *     both        end  -> [held] -> onChunk, else validate -> on it goes; validate beside onChunk judges all that went on
 */
function guardWith(guard: Guardrail, { context: known, record, whole }: BlockOptions): BlockGuard {
  const byPieces = bufferOf(guard) === 'none' && !whole
  let received = ''
  let held = ''
  let passed = ''

  async function offer(last: boolean): Promise<string> {
    const context: GuardContext = { ...known, last }
    const result =
      guard.onChunk === undefined
        ? readResult(await guard.validate?.(held, context))
        : readChunkResult(await guard.onChunk(held, received, context), last)
    if (result.action === 'hold') return ''
    const text = carryOut(result, held, { guard, context, record })
    held = ''
    passed += text
    return text
  }

  async function judgePassed(): Promise<void> {
    if (guard.onChunk === undefined || guard.validate === undefined || passed === '') return
    const context: GuardContext = { ...known, last: true }
    const result = readResult(await guard.validate(passed, context))
    const isRewrite = result.action === 'redact' || result.action === 'transform'
    // The text has gone on already (AI-48).
    const judged = isRewrite ? ({ action: 'block', reason: 'rewrite came too late' } as const) : result
    carryOut(judged, passed, { guard, context, record })
  }

  return {
    push: async (chunk) => {
      if (chunk === '') return ''
      received += chunk
      held += chunk
      return byPieces ? offer(false) : ''
    },
    end: async () => {
      const rest = held === '' ? '' : await offer(true)
      await judgePassed()
      return rest
    },
  }
}
