import { Client } from 'pg'

const url = process.env['CRUX_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

/** Where a server is, and how to connect to it. */
export interface PostgresServer {
  readonly connectionString: string
  readonly host: string
  readonly port: number
}

/** The server to test with, or `undefined` if none answers: then the run says so. */
export const server = await findServer()

let schemas = 0

/** A schema name that no other test uses. */
export function newSchema(): string {
  return `crux_test_${process.pid}_${Date.now().toString(36)}_${schemas++}`
}

/** Runs statements on the server, beside the stores. */
export async function runSql(text: string, connectionString = server?.connectionString): Promise<unknown[]> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** The same server through another address. */
export function through({ host, port }: { readonly host: string; readonly port: number }): string {
  const address = new URL(server?.connectionString ?? '')
  address.hostname = host
  address.port = String(port)
  return address.href
}

async function findServer(): Promise<PostgresServer | undefined> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return { connectionString: url, host: client.host, port: client.port }
  } catch {
    console.warn('No PostgreSQL answers at CRUX_POSTGRES_URL or 127.0.0.1:5432: leaving out its tests.')
    return undefined
  }
}
