import { preset } from '../../scripts/tsup-preset.ts'

export default preset({ entries: ['index', 'task-plan/index'] })
