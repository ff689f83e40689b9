import {
  injectTaskPlanIntoStream,
  subagentDetail,
  TASK_PLAN_TOOL_KEY,
  taskPlanInstructions,
  updateTaskPlanTool,
} from '@crux/server/task-plan'
import { streamText, type ToolSet } from 'ai'
import { streamText as streamText5, type ToolSet as ToolSet5 } from 'ai-v5'
import { streamText as streamText5First, type ToolSet as ToolSet5First } from 'ai-v5-first'
import { streamText as streamText6, type ToolSet as ToolSet6 } from 'ai-v6'
import { streamText as streamText6First, type ToolSet as ToolSet6First } from 'ai-v6-first'
import { streamText as streamText7First, type ToolSet as ToolSet7First } from 'ai-v7-first'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { injectedInto } from './bodies.ts'
import { mockModel, releases } from './releases.ts'
import { foldedPlan } from './run-reducer.ts'

/** Each release takes the tool by its own types: this file compiles without a cast. */
const takenBy = {
  '5.0.0': {
    streamText: streamText5First,
    tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet5First,
  },
  '5.0.277': {
    streamText: streamText5,
    tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet5,
  },
  '6.0.0': {
    streamText: streamText6First,
    tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet6First,
  },
  '6.0.326': {
    streamText: streamText6,
    tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet6,
  },
  '7.0.0': {
    streamText: streamText7First,
    tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet7First,
  },
  '7.0.173': { streamText, tools: { [TASK_PLAN_TOOL_KEY]: updateTaskPlanTool() } satisfies ToolSet },
}

const twentyOne = Array.from({ length: 21 }, (_, index) => ({ label: `Step ${index + 1}` }))
const inputs = {
  '21 entries': [{ tasks: twentyOne }, 20],
  'one bad label': [{ tasks: [{ label: '<think>' }, { label: 'Look' }] }, 1],
  'tasks that are no list': [{ tasks: 'Look' }, 0],
} as const

describe('the plan tool in streamText', () => {
  for (const release of releases) {
    test.each(Object.entries(inputs))(
      `INJ-A17 INJ-90 ${release.name}: %s, and the call succeeds`,
      async (_, [input, count]) => {
        const { tools } = takenBy[release.name as keyof typeof takenBy]
        const call = { id: 'm', name: TASK_PLAN_TOOL_KEY, input }
        // The releases differ in types that do not matter here; that each takes the tool is checked above.
        const result = release.ai.streamText({
          model: mockModel(release, [{ calls: [call] }, { text: 'Done.' }]),
          tools,
          prompt: 'Hello',
          stopWhen: release.ai.stepCountIs(3),
        } as never)
        const text = await injectTaskPlanIntoStream(result.toUIMessageStreamResponse()).text()
        expect(text).not.toMatch(/tool-(?:input|output)-error/)
        expect(text).toContain(`"output":{"ok":true,"accepted":${count}`)
        expect(foldedPlan(injectedInto(text))?.tasks.length ?? 0).toBe(count)
      },
    )
  }
})

test('INJ-91 it answers what was taken, under which ids, and what was left out', async () => {
  const announced: unknown[] = []
  const tool = updateTaskPlanTool({ maxTasks: 2, onPlan: (plan) => announced.push(plan) })
  const input = {
    tasks: [{ label: 'One', toolName: 'a__b' }, 7, { id: 'x', label: 'Two' }, { label: 'Three' }],
  }
  expect(await tool.execute(input)).toEqual({
    ok: true,
    accepted: 2,
    dropped: [
      { index: 1, why: 'no-object' },
      { index: 3, why: 'too-many' },
    ],
    tasks: [
      { id: 'agent-plan-1', label: 'One' },
      { id: 'x', label: 'Two' },
    ],
  })
  expect(announced).toMatchObject([{ tasks: [{ id: 'agent-plan-1', toolName: 'a.b' }, { id: 'x' }] }])
})

test('INJ-91 what onPlan throws does not fail the call', async () => {
  const onPlan = () => {
    throw new Error('no')
  }
  expect(await updateTaskPlanTool({ onPlan }).execute({})).toMatchObject({ ok: true, accepted: 0 })
})

test('INJ-90 its schema accepts anything and limits nothing but in words', () => {
  const { inputSchema, description } = updateTaskPlanTool({ maxTasks: 7, description: 'Mine' })
  expect(description).toBe('Mine')
  expect(inputSchema.validate('rubbish')).toEqual({ success: true, value: 'rubbish' })
  expect(JSON.stringify(inputSchema.jsonSchema)).toContain('at most 7')
  expect(JSON.stringify(inputSchema.jsonSchema)).not.toMatch(/maxItems|maxLength|pattern/)
  expectTypeOf(updateTaskPlanTool).returns.toExtend<{ description: string }>()
})

test('INJ-92 the instructions name the tool and the number of steps', () => {
  expect(taskPlanInstructions()).toContain('2 to 5 steps')
  expect(taskPlanInstructions({ maxSteps: 3 })).toContain('2 to 3 steps')
  expect(taskPlanInstructions()).toContain(TASK_PLAN_TOOL_KEY)
})

test('INJ-34 subagentDetail is the label of the newest tool that another agent is using', () => {
  const parts = [
    { type: 'tool-web__search', state: 'output-available' },
    { type: 'tool-read__page', state: 'input-available' },
    { type: 'dynamic-tool', toolName: 'mcp__github__list_issues', state: 'input-streaming' },
    { type: 'tool-later', state: 'output-error' },
    { type: 'text', text: 'Hello' },
  ]
  expect(subagentDetail({ output: { parts } })).toBe('Github · List issues')
  expect(subagentDetail({ output: { parts: parts.slice(0, 1) } })).toBeUndefined()
  for (const output of [undefined, null, 'x', {}, { parts: 'x' }, { parts: [null, 7] }]) {
    expect(subagentDetail({ output })).toBeUndefined()
  }
})
