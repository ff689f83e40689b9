import { toDataPart } from '@crux/core'
import type { DehydratedState } from '@crux/core/client'
import { Workspace } from '../components/workspace.tsx'
import { sessionScope } from '../lib/session.ts'
import { store } from '../lib/store.ts'

/** The page comes with what the session holds at that moment, so that a reload shows no empty screen first. */
export default async function Page() {
  return <Workspace initialState={await readState()} />
}

async function readState(): Promise<DehydratedState> {
  const scope = await sessionScope()
  if (scope === undefined) return { parts: [], isReady: true }
  const { records, next } = await store.scope(scope).list({ limit: 500 })
  return { parts: records.map(toDataPart), isReady: next === undefined }
}
