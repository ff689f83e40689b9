import { z } from 'zod'
import { draftLines } from './draft-script.ts'

const sceneSchema = z.discriminatedUnion('part', [
  z.object({ part: z.literal('plan') }),
  z.object({ part: z.literal('split') }),
  z.object({ part: z.literal('work'), task: z.string(), attempt: z.number() }),
  z.object({ part: z.literal('conclude') }),
  z.object({ part: z.literal('chat') }),
  z.object({ part: z.literal('drop-in') }),
  z.object({ part: z.literal('draft'), kind: z.enum(['email', 'list']), breaks: z.boolean() }),
])

/** What the scripted model has to know about a conversation: the topic, and which part of the script it is. */
export const cueSchema = z.object({ topic: z.string(), scene: sceneSchema })
export type Cue = z.infer<typeof cueSchema>

/** One turn of the scripted model, after a pause: what it says, then which tool it calls. */
export interface Line {
  readonly afterMs: number
  readonly says?: string
  /** The model fails after what it said, and this is why. */
  readonly breaks?: string
  readonly tool?: string
  readonly input?: unknown
}

interface Part {
  readonly id: string
  readonly label: string
  readonly parentId: string
  readonly dependsOn?: readonly string[]
  /** What the worker says while it works; it takes `beatMs` for each half of a saying. */
  readonly says: readonly string[]
  readonly beatMs: number
  readonly summary: string
  /** Why the first attempt fails, if it does. */
  readonly failsOnce?: string
  /** What it would like to buy after its second saying, and how it goes on if it may not. */
  readonly orders?: {
    readonly title: string
    readonly from: string
    readonly price: string
    readonly otherwise: Pick<Part, 'says' | 'summary'>
  }
}

/** What happened in a conversation that the script does not decide. */
interface Happened {
  /** A person has denied a call. */
  readonly isDenied: boolean
}

/** What the model says, turn by turn, in one conversation. */
export function linesFor({ topic, scene }: Cue, happened: Happened): Line[] {
  switch (scene.part) {
    case 'plan':
      return [{ afterMs: 900, tool: 'createPlan', input: { title: topic, content: goal } }]
    case 'split':
      return [
        { afterMs: 1400, tool: 'updatePlan', input: { content: `${goal}\n\n${approach}` } },
        { afterMs: 1600, tool: 'updatePlan', input: { content: `${goal}\n\n${approach}\n\n${doneWhen}` } },
        { afterMs: 1400, tool: 'createTaskList', input: { title: topic, tasks: tree(topic) } },
      ]
    case 'work':
      return work(topic, scene, happened)
    case 'conclude': {
      const content = `${goal}\n\n${approach}\n\n${doneWhen}\n\n${conclusion(topic)}`
      return [{ afterMs: 1200, tool: 'updatePlan', input: { content } }]
    }
    case 'chat':
      return [
        {
          afterMs: 500,
          says: 'I will look into it, with three workers.',
          tool: 'research',
          input: { topic },
        },
        { afterMs: 500, says: outcome(topic) },
      ]
    case 'drop-in':
      return [
        { afterMs: 500, says: 'Let me see what there is.', tool: 'search', input: { query: topic } },
        { afterMs: 300, tool: 'read', input: { source: 'The yearbook' } },
        { afterMs: 300, tool: 'read', input: { source: 'The archive' } },
        { afterMs: 300, tool: 'read', input: { source: 'A reader’s letter' } },
        { afterMs: 300, tool: 'write', input: { title: topic } },
        {
          afterMs: 500,
          says: 'Two of three sources could be read, and they agree. The archive is closed today.',
        },
      ]
    case 'draft':
      return draftLines(topic, scene.kind, scene.breaks)
    default:
      return scene satisfies never
  }
}

const goal = `## Goal

A two-page briefing that a busy reader can trust. It says what is known, how well it is known, and what is still disputed.`

const approach = `## Approach

1. **Gather** recent sources, the numbers behind them, and the best objections.
2. **Make sense** of it: find the themes, check every claim twice.
3. **Write** it down: a draft, one chart, a strict edit.`

const doneWhen = `## Done when

- Each claim rests on two independent sources.
- Somebody new to the topic understands it in five minutes.`

function conclusion(topic: string): string {
  return `## Outcome\n\n${outcome(topic)}`
}

function outcome(topic: string): string {
  const { sources, claims } = numbersOf(topic)
  return `The briefing is ready: two pages and one chart, built on ${sources} sources. ${claims - 1} of ${claims} claims held up; the one that did not is marked as open.`
}

const stages = [
  { id: 'gather', label: 'Gather' },
  { id: 'sense', label: 'Make sense' },
  { id: 'write', label: 'Write' },
]

function tree(topic: string): unknown[] {
  const tasks = parts(topic).map(({ id, label, parentId, dependsOn }) => ({ id, label, parentId, dependsOn }))
  return stages.flatMap((stage) => [stage, ...tasks.filter((task) => task.parentId === stage.id)])
}

function work(
  topic: string,
  { task, attempt }: { readonly task: string; readonly attempt: number },
  { isDenied }: Happened,
): Line[] {
  const part = parts(topic).find(({ id }) => id === task)
  if (!part) throw new Error(`The script has no task "${task}".`)
  const { orders, beatMs } = part
  const { says, summary } = isDenied && orders ? orders.otherwise : part
  const beats = says.flatMap((message) => [message, message])
  const reports = beats.map((message, beat) => ({
    afterMs: beatMs,
    tool: 'reportProgress',
    input: { message, percent: Math.round(((beat + 1) / (beats.length + 1)) * 100) },
  }))
  const start = { afterMs: 250, tool: 'startTask', input: {} }
  if (part.failsOnce !== undefined && attempt === 1) {
    const fail = { afterMs: beatMs, tool: 'failTask', input: { error: part.failsOnce } }
    return [start, ...reports.slice(0, 4), fail]
  }
  const order = orders && {
    afterMs: beatMs,
    tool: 'orderSource',
    input: { title: orders.title, from: orders.from, price: orders.price },
  }
  const complete = { afterMs: beatMs, tool: 'completeTask', input: { result: { summary } } }
  return [start, ...reports.slice(0, 4), ...(order ? [order] : []), ...reports.slice(4), complete]
}

function parts(topic: string): Part[] {
  const { sources, dropped, series, claims, words } = numbersOf(topic)
  return [
    {
      id: 'sources',
      label: 'Collect recent sources',
      parentId: 'gather',
      says: [
        'Searching the last three years',
        `Reading ${sources + dropped} abstracts`,
        'Dropping the duplicates',
      ],
      beatMs: 1050,
      summary: `${sources} sources kept, ${dropped} set aside`,
    },
    {
      id: 'numbers',
      label: 'Pull the numbers',
      parentId: 'gather',
      says: ['Asking the statistics service', `Reading table 2 of ${series}`, 'Putting the units in order'],
      beatMs: 900,
      summary: `${series} series, all in the same units`,
      failsOnce: 'The statistics service refused: too many requests',
    },
    {
      id: 'objections',
      label: 'Find the best objections',
      parentId: 'gather',
      says: ['Looking for those who disagree', 'Following their footnotes', 'Weighing what they say'],
      beatMs: 1350,
      summary: 'Two serious objections, one of them new',
      orders: {
        title: 'The case against, second edition',
        from: 'University Press',
        price: '€18',
        otherwise: {
          says: [
            'Looking for those who disagree',
            'Following their footnotes',
            'Going on with what is free to read',
          ],
          summary: 'One serious objection; another stays unread',
        },
      },
    },
    {
      id: 'themes',
      label: 'Sort findings into themes',
      parentId: 'sense',
      dependsOn: ['sources', 'objections'],
      says: ['Laying out the findings', 'Joining what belongs together'],
      beatMs: 1200,
      summary: 'Four themes; the third one carries the story',
    },
    {
      id: 'claims',
      label: 'Check every claim twice',
      parentId: 'sense',
      dependsOn: ['sources', 'numbers'],
      says: [
        'Listing the claims',
        `Checking claim 3 of ${claims}`,
        `Checking claim ${claims - 1} of ${claims}`,
      ],
      beatMs: 1100,
      summary: `${claims - 1} of ${claims} hold up, one stays open`,
    },
    {
      id: 'draft',
      label: 'Draft the briefing',
      parentId: 'write',
      dependsOn: ['themes'],
      says: ['Writing the first page', 'Writing the second page', 'Adding the references'],
      beatMs: 1250,
      summary: `${words} words on two pages`,
    },
    {
      id: 'chart',
      label: 'Draw the one chart',
      parentId: 'write',
      dependsOn: ['numbers'],
      says: ['Choosing what to show', 'Drawing, then removing half of it'],
      beatMs: 1400,
      summary: 'One line chart, labelled directly',
    },
    {
      id: 'edit',
      label: 'Edit for length and tone',
      parentId: 'write',
      dependsOn: ['draft', 'claims', 'chart'],
      says: ['Cutting what nobody will miss', 'Reading it aloud'],
      beatMs: 1200,
      summary: `${Math.round(words * 0.82)} words, nothing important lost`,
    },
  ]
}

/** Figures that look like findings and depend on nothing but the topic. */
function numbersOf(topic: string) {
  let hash = 7
  for (const character of topic) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 100_003
  return {
    sources: 11 + (hash % 9),
    dropped: 4 + (hash % 5),
    series: 4 + (hash % 3),
    claims: 7 + (hash % 6),
    words: 820 + (hash % 170),
  }
}
