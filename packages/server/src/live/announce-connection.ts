import type { Connection } from './live-state.ts'
import type { CruxSSEHandlerOptions, LiveConnectionInfo } from './live-options.ts'
import type { Report } from './report.ts'

/** Tells the user of a connection, now and at its end. */
export type Announce<Context> = (connection: Connection, info: LiveConnectionInfo<Context>) => void

/** Calls `onConnect` and, once, `onDisconnect`; what they throw is reported and changes nothing (LIVE-16). */
export function createAnnouncer<Context>(
  { onConnect, onDisconnect }: Pick<CruxSSEHandlerOptions<Context>, 'onConnect' | 'onDisconnect'>,
  report: Report,
): Announce<Context> {
  /** Never rejects. */
  async function tell(
    phase: 'connect' | 'disconnect',
    hook: (info: LiveConnectionInfo<Context>) => void | Promise<void>,
    info: LiveConnectionInfo<Context>,
  ): Promise<void> {
    try {
      await hook(info)
    } catch (error) {
      report(error, phase, info.request)
    }
  }

  return (connection, info) => {
    if (onDisconnect !== undefined) {
      connection.onEnd = (reason) => {
        void tell('disconnect', onDisconnect, reason === undefined ? info : { ...info, reason })
      }
    }
    if (onConnect !== undefined) void tell('connect', onConnect, info)
  }
}
