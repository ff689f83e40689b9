import { preset } from '../../scripts/tsup-preset.ts'

export default preset({ entries: ['index', 'agent/index', 'stream/index', 'testing/index'] })
