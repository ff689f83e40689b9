import { preset } from '../../scripts/tsup-preset.ts'

export default preset({
  entries: [
    'index',
    'errors/index',
    'plan/index',
    'tasks/index',
    'client/index',
    // No way in, but a file of its own, so that what polls is not in one file with it: a page that never polls, and may
    // load that later, would load it with the rest (docs/decisions/0043).
    'client/follow-events',
    'sse/index',
    'structured/index',
    'wire/task-plan/index',
    'tool-middleware/index',
    'compaction/index',
    'testing/index',
  ],
})
