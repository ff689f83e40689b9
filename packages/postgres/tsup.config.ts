import { preset } from '../../scripts/tsup-preset.ts'
import { schemaSql } from './src/schema-sql.ts'

export default preset({ entries: ['index'], texts: { 'schema.sql': schemaSql('crux') } })
