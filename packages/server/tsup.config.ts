import { preset } from '../../scripts/tsup-preset.ts'

export default preset({ entries: ['index', 'hono/index', 'task-plan/index'] })
