import { Client } from 'pg'

const url = process.env['CRUX_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

/** The server to test with, or undefined if there is none: then the run says so. */
export const server = await findServer()

let schemas = 0

/** A schema name that no other test uses. */
export function newSchema(): string {
  return `crux_test_${process.pid}_${Date.now().toString(36)}_${schemas++}`
}

async function findServer(): Promise<{ readonly url: string; readonly host: string; readonly port: number } | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return { url, host: client.host, port: client.port }
  } catch {
    console.warn('No PostgreSQL answers at CRUX_POSTGRES_URL or 127.0.0.1:5432: leaving out its tests.')
    return undefined
  }
}
