import { preset } from '../../scripts/tsup-preset.ts'

export default preset({ clientEntries: ['index', 'chat/index'], entries: ['server/index'] })
