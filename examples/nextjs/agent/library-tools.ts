import { setTimeout as pause } from 'node:timers/promises'
import type { TaskPlanCall } from '@crux/server/task-plan'
import { tool, type ToolExecutionOptions } from 'ai'
import { z } from 'zod'
import { pace } from './pace.ts'

const workMs = 1_800

type Call = Pick<ToolExecutionOptions<unknown>, 'abortSignal'>

/** Tools that know nothing of plans. The library they use is made up, and one of its sources is always closed. */
export const libraryTools = {
  search: tool({
    description: 'Searches the library.',
    inputSchema: z.object({ query: z.string() }),
    execute: async (_input, { abortSignal: signal }: Call) => {
      await pause(workMs * pace, undefined, { signal })
      return { sources: ['The yearbook', 'The archive', 'A reader’s letter'] }
    },
  }),
  read: tool({
    description: 'Reads a source from beginning to end.',
    inputSchema: z.object({ source: z.string() }),
    execute: async ({ source }, { abortSignal: signal }: Call) => {
      await pause(workMs * pace, undefined, { signal })
      if (/archive/i.test(source)) throw new Error('The archive is closed today.')
      return { text: `${source} has four pages on this.` }
    },
  }),
  write: tool({
    description: 'Puts the findings in order, as a list of points.',
    inputSchema: z.object({ title: z.string() }),
    execute: async ({ title }, { abortSignal: signal }: Call) => {
      await pause(workMs * pace, undefined, { signal })
      return { title, words: 240 }
    },
  }),
}

/** The line under a task: what the call is about, or what went wrong. */
export function describeCall({ input, errorText }: TaskPlanCall): string | undefined {
  if (errorText !== undefined) return errorText.replace(/^Error: /, '')
  const subject = callInput.safeParse(input).data
  return subject?.query ?? subject?.source ?? subject?.title
}

const callInput = z.object({ query: z.string(), source: z.string(), title: z.string() }).partial()
