import { useState } from 'react'
import styles from './task-board.module.css'

/** Ends a run. It disappears with the run, when the change has come back from the server. */
export function StopButton({ planId }: { readonly planId: string }) {
  const [isStopping, setIsStopping] = useState(false)

  async function stop() {
    setIsStopping(true)
    const url = `/api/runs?plan=${encodeURIComponent(planId)}`
    const response = await fetch(url, { method: 'DELETE' }).catch(() => undefined)
    if (!response?.ok) setIsStopping(false)
  }

  return (
    <button className={styles.stop} onClick={stop} disabled={isStopping}>
      {isStopping ? 'Stopping…' : 'Stop'}
    </button>
  )
}
