// A process of its own: resumes the history on its standard input, without a secret, and prints how that ended.
import { CruxAIError, generate, prompt, ToolApprovalError } from '@crux/ai'
import { scriptedModel } from '@crux/ai/testing'
import { tool, type ModelMessage } from 'ai'
import { text } from 'node:stream/consumers'
import * as z from 'zod'

const messages: ModelMessage[] = JSON.parse(await text(process.stdin))
let runs = 0
const pay = tool({
  inputSchema: z.object({ sum: z.number() }),
  needsApproval: true,
  execute: ({ sum }) => `paid ${sum} for the ${(runs += 1)}. time`,
})
const bank = prompt({ id: 'bank', prompt: 'Pay my bills.' })
let ended: object
try {
  ended = { text: (await generate(bank, { model: scriptedModel(['Done.']), tools: { pay }, messages })).text }
} catch (error) {
  if (!(error instanceof ToolApprovalError || error instanceof CruxAIError)) throw error
  ended = { code: error.code, message: error.message }
}
console.log(JSON.stringify({ ...ended, runs }))
