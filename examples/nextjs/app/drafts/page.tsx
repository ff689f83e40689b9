import type { Metadata } from 'next'
import { connection } from 'next/server'
import { chooseModel } from '../../agent/choose-model.ts'
import { DraftsScreen } from '../../components/drafts/drafts-screen.tsx'

export const metadata: Metadata = { title: 'Crux: watch a model write' }

export default async function Page() {
  // Which model there is, the environment says that the server runs in, not the one it was built in.
  await connection()
  const model = chooseModel()
  return <DraftsScreen isScripted={typeof model === 'object' && model.provider === 'scripted'} />
}
