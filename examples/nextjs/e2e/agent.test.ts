import { createCrux, inMemoryCruxStore } from '@crux/core'
import type { LanguageModelV4 } from '@ai-sdk/provider'
import { describe, expect, test } from 'vitest'

process.env.DEMO_PACE = '0.005'
const { runAgent } = await import('../agent/run-agent.ts')
const { scriptedModel } = await import('../agent/scripted-model.ts')

describe('the agent', () => {
  test('carries every task out, one of them twice', async () => {
    const { lists, tasks, plans } = await run(scriptedModel())
    expect(plans).toMatchObject([{ title: 'Bread', version: 4 }])
    expect(lists).toMatchObject([{ status: 'completed', counts: { completed: 11 } }])
    expect(tasks.filter(({ attempt }) => attempt > 1).map(({ id }) => id)).toEqual(['numbers'])
  })

  test('does the same for the same topic', async () => {
    const [first, second] = [await run(scriptedModel()), await run(scriptedModel())]
    const essence = ({ tasks, plans }: typeof first) => [
      plans.map(({ content }) => content),
      tasks.map(({ label, result }) => ({ label, result })),
    ]
    expect(essence(second)).toEqual(essence(first))
  })

  test('leaves nothing open when the model breaks down, wherever that is', async () => {
    for (const turn of [1, 2, 4, 5, 9, 20, 35]) {
      const { lists, tasks, plans, failure } = await run(breakingAt(turn))
      expect(failure).toMatchObject({ cause: { message: 'Quota exceeded' } })
      expect(tasks.filter(({ status }) => status === 'pending' || status === 'in_progress')).toEqual([])
      // Without a list it is the plan that says how it ended, without a plan there is nothing to say.
      const ends = lists.length > 0 ? lists : plans
      for (const end of ends) expect(end.discardReason).toContain('broke down')
      expect(JSON.stringify([lists, tasks, plans])).not.toContain('Quota')
    }
  })

  test('leaves nothing open when it is stopped', async () => {
    const stop = new AbortController()
    const { lists, tasks } = await run(
      breakingAt(9, () => stop.abort()),
      stop.signal,
    )
    expect(lists).toMatchObject([{ status: 'discarded', discardReason: 'Stopped.' }])
    expect(tasks.filter(({ status }) => status === 'pending' || status === 'in_progress')).toEqual([])
  })
})

async function run(model: LanguageModelV4, signal = new AbortController().signal) {
  const crux = createCrux({ store: inMemoryCruxStore() })
  const agent = runAgent({ crux, topic: 'Bread', model, signal, onPlan: () => {} })
  const failure: unknown = await agent.then(
    () => undefined,
    (error: unknown) => error,
  )
  const plans = await crux.listPlans({ includeDiscarded: true })
  const lists = await crux.listTaskLists({ includeDiscarded: true })
  const tasks = await Promise.all(lists.map(({ id }) => crux.taskListAgent(id).getTasks()))
  return { plans, lists, tasks: tasks.flat(), failure }
}

/** The scripted model, whose provider refuses from the given turn on. */
function breakingAt(turn: number, onTurn = () => {}): LanguageModelV4 {
  const model = scriptedModel()
  let turns = 0
  return {
    ...model,
    doStream: async (options) => {
      turns += 1
      if (turns < turn) return model.doStream(options)
      onTurn()
      throw new Error('Quota exceeded')
    },
  }
}
