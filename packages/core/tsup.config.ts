import { preset } from '../../scripts/tsup-preset.ts'

export default preset({
  entries: [
    'index',
    'errors/index',
    'plan/index',
    'tasks/index',
    'client/index',
    'sse/index',
    'structured/index',
    'wire/task-plan/index',
    'tool-middleware/index',
    'compaction/index',
    'testing/index',
  ],
})
