import {
  deriveTaskLabel,
  formatSseEvent,
  isHiddenReasoning,
  isTaskPlanToolName,
  normalizeTaskPlanToolName,
  sanitizeAgentTaskPlanInput,
  sanitizeTaskPlanInput,
  TASK_PLAN_LABEL_MAX_CHARS,
  TASK_PLAN_TOOL_KEY,
  TASK_PLAN_TOOL_NAME,
} from '@crux/server/task-plan'
import { describe, expect, test } from 'vitest'
import { inputAvailable, inputStart, output, runReducer, start, startStep } from './run-reducer.ts'

/** The label that an entry gets, or `undefined` if it is refused. */
const labelled = (label: unknown) => sanitizeTaskPlanInput({ tasks: [{ label }] }).tasks[0]?.label

describe('names of tools', () => {
  test.each([
    ['customers__list_people', 'customers.list_people'],
    ['  search ', 'search'],
    ['ｓｅａｒｃｈ', 'search'],
    ['find people!', 'findpeople'],
    ['поиск-данных', 'поиск-данных'],
    ['ns:tool.sub-a_b', 'ns:tool.sub-a_b'],
    ['!?', undefined],
    ['', undefined],
    [7, undefined],
  ])('INJ-80 %j is %j', (name, expected) => {
    expect(normalizeTaskPlanToolName(name)).toBe(expected)
  })

  test('INJ-80 a long name is cut at 160 characters', () => {
    expect(normalizeTaskPlanToolName('a'.repeat(500))).toHaveLength(160)
  })

  test('INJ-80 the plan tool has a key to register and a name with a dot', () => {
    expect([TASK_PLAN_TOOL_KEY, TASK_PLAN_TOOL_NAME].map((name) => isTaskPlanToolName(name))).toEqual([
      true,
      true,
    ])
    expect(isTaskPlanToolName('mcp__agent__plan')).toBe(false)
    expect(isTaskPlanToolName('mcp__agent__plan', ['mcp.agent.plan'])).toBe(true)
  })
})

describe('labels of tools', () => {
  test.each([
    ['customers__list_people', 'Customers · List people'],
    ['search', 'Search'],
    ['getUserByID', 'Get user by ID'],
    ['mcp__github__create_issue', 'Github · Create issue'],
    ['HTTPServer', 'HTTP server'],
    ['a.b.c_d', 'A · C d'],
    ['list-open:orders', 'List open orders'],
    ['mcp', 'Tool call'],
    ['__', 'Tool call'],
    ['', 'Tool call'],
    [undefined, 'Tool call'],
  ])('INJ-81 %j is called %j', (name, expected) => {
    expect(deriveTaskLabel(name)).toBe(expected)
  })

  const labelOf = (options: object, ...chunks: unknown[]) => {
    const run = runReducer(options)
    run.push(start, startStep, ...chunks)
    return run.plan().tasks[0]?.label
  }

  test('INJ-81 the mapper comes first, then the title, then the name', () => {
    const titled = inputStart('a', 'search', { title: 'Search the web' })
    expect(labelOf({ label: () => 'Mapped' }, titled)).toBe('Mapped')
    expect(labelOf({ label: () => undefined }, titled)).toBe('Search the web')
    expect(labelOf({}, inputStart('a'))).toBe('Search')
  })

  test('INJ-81 labels by name are found in any form of the name', () => {
    expect(
      labelOf({ label: { 'customers.list': 'All customers' } }, inputStart('a', 'customers__list')),
    ).toBe('All customers')
  })

  test('INJ-81 the input refines the label of a task of our own', () => {
    const label = ({ phase, input }: { phase: string; input?: unknown }) =>
      phase === 'input-available' ? `Search for ${(input as { q: string }).q}` : undefined
    const run = runReducer({ label })
    run.push(start, startStep, inputStart('a'))
    expect(run.plan().tasks[0]?.label).toBe('Search')
    run.push(inputAvailable('a', 'search', { q: 'ants' }), output('a'))
    expect(run.plan().tasks[0]?.label).toBe('Search for ants')
  })

  test('INJ-34 INJ-82 a detail follows preliminary outputs and goes when the call has ended', () => {
    const run = runReducer({
      detail: ({ preliminary, output: value }) => (preliminary ? `At\n${String(value)}` : undefined),
    })
    run.push(
      start,
      startStep,
      inputStart('a'),
      output('a', 1, { preliminary: true }),
      output('a', 2, { preliminary: true }),
    )
    expect(run.plan().tasks[0]).toMatchObject({ state: 'running', detail: 'At 2' })
    run.push(output('a', 2))
    expect(run.plan().tasks[0]).not.toHaveProperty('detail')
  })
})

describe('texts', () => {
  test.each([
    ['  many \t\n spaces  ', 'many spaces'],
    ['a\u0000b\u0007c', 'a b c'],
    ['soft\u00ADhyphen zero\u200Bwidth \u202Ebidi\u2069', 'softhyphen zerowidth bidi'],
    ['tag\u{E0041}\u{E0042}s', 'tags'],
    ['e\u0301', 'é'],
    ['👩\u200D💻 at work', '👩\u200D💻 at work'],
    ['❤\uFE0F', '❤\uFE0F'],
    ['می\u200Cخواهم', 'می\u200Cخواهم'],
    ['a \u200D b', 'a b'],
    ['half \uD83D emoji', 'half \uFFFD emoji'],
  ])('INJ-82 %j is shown as %j', (text, expected) => {
    expect(labelled(text)).toBe(expected)
  })

  test('INJ-82 INJ-A16 81 characters are cut and not refused, never through an emoji', () => {
    expect(labelled('x'.repeat(80))).toBe('x'.repeat(80))
    expect(labelled('x'.repeat(81))).toBe(`${'x'.repeat(79)}…`)
    expect(labelled(`${'x'.repeat(78)}👩\u200D💻 and more`)).toBe(`${'x'.repeat(78)}…`)
    expect(TASK_PLAN_LABEL_MAX_CHARS).toBe(80)
    const { tasks } = sanitizeTaskPlanInput({ tasks: [{ label: 'A', detail: 'y'.repeat(300) }] })
    expect(tasks[0]?.detail).toBe(`${'y'.repeat(159)}…`)
  })

  test('INJ-82 what a mapper gives is cleaned too', () => {
    const run = runReducer({ label: () => `\u202E${'m'.repeat(100)}`, detail: () => 7 as never })
    run.push(start, startStep, inputStart('a'))
    expect(run.plan().tasks[0]).toMatchObject({ label: `${'m'.repeat(79)}…` })
    expect(run.plan().tasks[0]).not.toHaveProperty('detail')
  })
})

describe('what an agent announces', () => {
  test('INJ-83 an object, or one as JSON text', () => {
    const plan = { tasks: [{ label: 'One' }] }
    expect(sanitizeTaskPlanInput(plan)).toEqual({
      tasks: [{ id: 'agent-plan-1', label: 'One' }],
      dropped: [],
    })
    expect(sanitizeTaskPlanInput(JSON.stringify(plan))).toEqual(sanitizeTaskPlanInput(plan))
    for (const none of [null, 7, '{', '[]', [], {}, { tasks: 'One' }, { tasks: { label: 'One' } }]) {
      expect(sanitizeTaskPlanInput(none)).toEqual({ tasks: [], dropped: [] })
    }
  })

  test('INJ-83 a label is needed, the rest is left out where it is wrong', () => {
    const { tasks, dropped } = sanitizeTaskPlanInput({
      tasks: [
        { id: ' Find  people/ü ', label: 'Find', detail: 7, toolName: '??', state: 'asleep' },
        { label: '' },
        'One',
        null,
        { label: ' \u200B ' },
        { id: 'find-people', label: 'Again', detail: 'More', toolName: 'customers__list', state: 'running' },
        { id: '!!', label: 'Named by place' },
      ],
    })
    expect(tasks).toEqual([
      { id: 'Find-people', label: 'Find' },
      { id: 'find-people', label: 'Again', detail: 'More', toolName: 'customers.list', state: 'running' },
      { id: 'agent-plan-3', label: 'Named by place' },
    ])
    expect(dropped).toEqual([
      { index: 1, why: 'no-label' },
      { index: 2, why: 'no-object' },
      { index: 3, why: 'no-object' },
      { index: 4, why: 'no-label' },
    ])
  })

  test('INJ-83 a taken id gets a number', () => {
    const { tasks } = sanitizeTaskPlanInput({
      tasks: [
        { id: 'a', label: '1' },
        { id: 'a', label: '2' },
        { id: 'a', label: '3' },
      ],
    })
    expect(tasks.map(({ id }) => id)).toEqual(['a', 'a-2', 'a-3'])
  })

  test('INJ-83 INJ-A16 the first valid ones count, and junk does not use up the quota', () => {
    const junk = Array.from({ length: 30 }, () => ({ label: '' }))
    const good = Array.from({ length: 60 }, (_, index) => ({ label: `Step ${index}` }))
    const { tasks, dropped } = sanitizeTaskPlanInput({ tasks: [...junk, ...good] })
    expect(tasks).toHaveLength(20)
    expect(dropped.filter(({ why }) => why === 'too-many')).toHaveLength(40)
    expect(sanitizeTaskPlanInput({ tasks: good }, { maxTasks: 1000 }).tasks).toHaveLength(50)
    expect(sanitizeTaskPlanInput({ tasks: good }, { maxTasks: 2 }).tasks).toHaveLength(2)
    const late = [...Array.from({ length: 200 }, () => 0), { label: 'Too late' }]
    expect(sanitizeTaskPlanInput({ tasks: late }).tasks).toEqual([])
  })

  test('INJ-83 over 400 characters is prose: it costs an entry its label or its detail', () => {
    const { tasks, dropped } = sanitizeTaskPlanInput({
      tasks: [{ label: 'a'.repeat(401) }, { label: 'a'.repeat(400), detail: 'b'.repeat(401) }],
    })
    expect(tasks).toEqual([{ id: 'agent-plan-1', label: `${'a'.repeat(79)}…` }])
    expect(dropped).toEqual([{ index: 0, why: 'too-long' }])
  })

  test('INJ-84 hidden reasoning costs an entry its label or its detail, and rejectText adds to it', () => {
    const tasks = [
      { label: '<think>who</think>' },
      { label: 'Look', detail: 'Let me think about it' },
      { label: 'Call Bob' },
      { label: 'Call Ann', detail: 'Bob knows' },
    ]
    const rejectText = (text: string) => text.includes('Bob')
    const read = sanitizeTaskPlanInput({ tasks }, { rejectText })
    expect(read.tasks.map(({ label, detail }) => [label, detail])).toEqual([
      ['Look', undefined],
      ['Call Ann', undefined],
    ])
    expect(read.dropped).toEqual([
      { index: 0, why: 'hidden-reasoning' },
      { index: 2, why: 'rejected' },
    ])
    const broken = () => {
      throw new Error('no')
    }
    expect(sanitizeTaskPlanInput({ tasks: [{ label: 'Kept' }] }, { rejectText: broken }).tasks).toHaveLength(
      1,
    )
  })

  test('the name that people know from hand-written injectors works too', () => {
    expect(sanitizeAgentTaskPlanInput).toBe(sanitizeTaskPlanInput)
    expect(formatSseEvent({ type: 'x', text: 'a\nb' })).toBe('data: {"type":"x","text":"a\\nb"}\n\n')
  })
})

describe('hidden reasoning', () => {
  test.each([
    '<thinking>x</thinking>',
    '<think>',
    '</ think >',
    '&lt;think&gt;',
    '&amp;lt;think&amp;gt;',
    '&#60;think&#x3e;',
    String.raw`\u003cthink\u003e`,
    '<|channel|>analysis',
    '<|im_start|>assistant',
    '<thinking>',
    '<inner_monologue>',
    '<think about it',
    '[thinking] find',
    '{reasoning: find}',
    '(thoughts) find',
    '【思考】<think>',
    '「scratch pad」',
    '‹think›',
    '[CoT] plan',
    '＜ｔｈｉｎｋ＞',
    '<th\u200Bink>',
    '<t\u0301hink>',
    '<\u0442hink>',
    '𝗖𝗵𝗮𝗶𝗻 of thought',
    'chain-of-thought',
    'ChainOfThought dump',
    'scratch-pad',
    'my inner thoughts: …',
    'Hidden reasoning',
    'Hidden-reasoning: go on',
    "The model's private thinking goes here",
    'Inner monologue follows',
    'Reasoning: because',
    'My thoughts: none',
    'Let me think about it',
    '- Let me think',
    'I should consider the options',
    'The user wants me to …',
    'The user is asking for',
    'Hmm, which one',
    'hmmm…',
    'Wait, actually no',
    '思考过程',
    '思维链:查找',
    '思考プロセス',
    '사고 과정',
    'Gedankengang: erst suchen',
    'Der Nutzer möchte wissen',
    'Déjame pensar un momento',
    'Chaîne de pensée',
    'Catena di pensiero',
    'Łańcuch myśli',
    'Cadeia de pensamento',
    'Ход мыслей',
  ])('INJ-84 INJ-A16 %j is refused', (text) => {
    expect(isHiddenReasoning(text)).toBe(true)
    expect(labelled(text)).toBeUndefined()
  })

  test.each([
    'Compare hidden reasoning fees',
    'Think about naming',
    'Analysis of Q3',
    'Reflect the change in CHANGELOG',
    'Write <form> markup',
    '[x] Ship',
    'Review chain of custody',
    'Reasonable defaults',
    'HMM training run',
    'Order baby bed (cot)',
    'Wait, then deploy',
    'Check the channel settings',
    'System check (internal)',
    'Compare a < b and b > c',
    'Prepare the private thoughtful note',
    'Find the user who asked',
    'Пользователи и роли',
    'Überlegungen zum Preis',
    '用户管理',
    'ユーザーは誰か調べる',
  ])('INJ-84 INJ-A16 %j is kept', (text) => {
    expect(isHiddenReasoning(text)).toBe(false)
    expect(labelled(text)).toBe(text)
  })

  test('INJ-84 a long text does not take long', () => {
    const began = performance.now()
    for (const piece of ['<', '[', 'chain ', 'hidden ', '&lt;', String.raw`\u003c`, 'the user ', 'h']) {
      isHiddenReasoning(piece.repeat(200_000 / piece.length))
    }
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
