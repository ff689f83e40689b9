import { describe, expect, test } from 'vitest'
import { chunksOf, fixtures, type Fixture } from './fixtures.ts'
import { foldedPlan, runReducer, states } from './run-reducer.ts'

/** What each recorded stream ends as (INJ-A3); what is not named has no plan. */
const ends: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ['03', '04', '12', '15', '17', '27', '33', '45', '46'].map((number) => [number, ['done']]),
  ),
  ...Object.fromEntries(
    ['06', '07', '08', '09', '10', '16', '18', '32', '43', '47'].map((number) => [number, ['failed']]),
  ),
  ...Object.fromEntries(['20', '41', '44'].map((number) => [number, ['skipped']])),
  '05': ['done', 'done'],
  '11': ['done', 'done', 'done'],
  '13': ['blocked'],
  '25': ['done', 'done', 'skipped', 'done'],
  '26': ['failed', 'done', 'done'],
  '40': ['blocked', 'done'],
  '42': ['done'],
  '48': [],
}

const ofFirstReleases: Readonly<Record<string, readonly string[]>> = {
  'first-releases/5.0.0/18': ['done'],
  'first-releases/5.0.0/20': ['failed'],
}

/** The message that the client of the response before has, for those that continue one. */
function messagesBefore({ release, number }: Fixture): unknown {
  const approved = { '41': false, '42': true, '43': true }[number]
  if (approved === undefined) return undefined
  const call = { type: 'tool-deleteFile', toolCallId: 'call-1', state: 'approval-responded', input: {} }
  return [
    { role: 'user', parts: [{ type: 'text', text: `Continue ${release}` }] },
    { role: 'assistant', parts: [{ type: 'step-start' }, { ...call, approval: { id: 'id-1', approved } }] },
  ]
}

function run(recorded: Fixture, initialMessages?: unknown) {
  const reducer = runReducer()
  if (initialMessages !== undefined) reducer.seed(initialMessages)
  reducer.push(...chunksOf(recorded.bytes))
  reducer.settle(recorded.readError === undefined ? 'closed' : 'failed')
  return reducer
}

describe('INJ-A3 what the plan of a recorded stream ends as', () => {
  test.each(fixtures.map((recorded) => [recorded.name, recorded] as const))('%s', (_, recorded) => {
    const { out } = run(recorded, messagesBefore(recorded))
    const { release, number } = recorded
    const expected = ofFirstReleases[`${release}/${number}`] ?? ends[number]
    expect(states(foldedPlan(out))).toEqual(expected)
  })
})

test.each(fixtures.filter(({ number }) => ['41', '42', '43'].includes(number)).map(({ name }) => name))(
  'INJ-31 INJ-A3 without the message before, %s emits nothing',
  (name) => {
    const recorded = fixtures.find((each) => each.name === name)
    expect(recorded && run(recorded).added).toEqual([])
  },
)

test.each(fixtures.filter(({ number }) => number === '25').map((each) => [each.name, each] as const))(
  'INJ-A4 the announced steps of %s end as their tools did, and the one without a tool is skipped',
  (_, recorded) => {
    const reducer = run(recorded)
    expect(foldedPlan(reducer.out)?.tasks).toMatchObject([
      { id: 'find', label: 'Find people', state: 'done', source: 'agent', toolCallId: 'call-1' },
      {
        id: 'agent-plan-2',
        label: 'Check the weather',
        state: 'done',
        source: 'agent',
        toolCallId: 'call-2',
      },
      {
        id: 'agent-plan-3',
        label: 'Write the summary',
        state: 'skipped',
        source: 'agent',
        reason: 'not-reported',
      },
      { id: 'call-3', label: 'Search', state: 'done', source: 'runtime', toolName: 'search' },
    ])
    const told = reducer.added.flatMap((chunk) =>
      'task' in chunk.data ? [chunk.data.task] : chunk.data.tasks,
    )
    expect(told.filter(({ id, state }) => id === 'agent-plan-3' && state === 'running')).toEqual([])
  },
)

test('INJ-15 no plan of a recorded stream holds what a tool was given, gave back or failed with', () => {
  const secrets = [
    'San Francisco',
    'ann-1',
    'first try',
    '/tmp/a',
    '/etc',
    'blocked by policy',
    'An error occurred',
  ]
  for (const recorded of fixtures) {
    const text = JSON.stringify(run(recorded, messagesBefore(recorded)).added)
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([])
  }
})
