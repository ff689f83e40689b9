import type { Crux } from '@crux/core'
import { type LanguageModel, tool } from 'ai'
import { z } from 'zod'
import { runAgent } from './run-agent.ts'

/** The whole agent as a tool of another one. Its plan and tasks go to `crux`; the caller gets the finished plan. */
export function researchTool(crux: Crux, model: LanguageModel) {
  return tool({
    description: 'Looks into a topic with a plan and three workers, and gives the plan with its outcome.',
    inputSchema: z.object({ topic: z.string().min(1).max(200) }),
    execute: async ({ topic }, { abortSignal }) => {
      let planId = ''
      const signal = abortSignal ?? new AbortController().signal
      await runAgent({ crux, topic, model, signal, onPlan: (id) => (planId = id) })
      return { plan: (await crux.getPlan(planId))?.content ?? '' }
    },
  })
}
