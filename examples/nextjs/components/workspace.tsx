'use client'

import type { DehydratedState } from '@crux/core/client'
import { CruxProvider, createSSETransport, usePlans } from '@crux/react'
import { useState } from 'react'
import { Announcer } from './announcer.tsx'
import { ConnectionBadge } from './connection-badge.tsx'
import { PlanDocument } from './plan-document.tsx'
import { RunHistory } from './run-history.tsx'
import { SiteNav } from './site-nav.tsx'
import { StartForm } from './start-form.tsx'
import { TaskBoard } from './task-board.tsx'
import styles from './workspace.module.css'

// Made once, outside render. It fetches nothing before the page is mounted.
const transport = createSSETransport('/api/live')

/** The whole screen: one live connection, and everything below reads from it with hooks. */
export function Workspace({ initialState }: { readonly initialState: DehydratedState }) {
  return (
    <CruxProvider transport={transport} initialState={initialState}>
      <Screen />
    </CruxProvider>
  )
}

function Screen() {
  const plans = usePlans({ includeDiscarded: true }) ?? []
  const [chosenId, setChosenId] = useState<string>()
  const plan = plans.find(({ id }) => id === chosenId) ?? plans[0]
  return (
    <div className={styles.page}>
      <header className={styles.masthead} data-idle={plan === undefined}>
        <span className={styles.brand}>Crux</span>
        <SiteNav />
        <ConnectionBadge />
        <StartForm isIdle={plan === undefined} onStart={() => setChosenId(undefined)} />
      </header>
      {plan && (
        <main className={styles.run} key={plan.id}>
          <TaskBoard plan={plan} />
          <div className={styles.aside}>
            <PlanDocument plan={plan} />
            {plans.length > 1 && <RunHistory plans={plans} currentId={plan.id} onChoose={setChosenId} />}
          </div>
        </main>
      )}
      <Announcer plan={plans[0]} />
    </div>
  )
}
