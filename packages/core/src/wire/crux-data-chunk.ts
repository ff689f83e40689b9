import type { CruxDataPart } from './crux-data-part.ts'

/** A change inside an AI SDK UI message stream. No other key stands at the top level (LIVE-30). */
export interface CruxDataChunk {
  readonly type: 'data-crux'
  /** `<entity>:<key>`: in a message that keeps it, the newest takes the place of the one before. */
  readonly id: string
  readonly data: CruxDataPart
  /** True: seen by `onData` only. False: stays in the message, and so in the history. */
  readonly transient: boolean
}

/** The chunk of a part (LIVE-30). */
export function toDataChunk(data: CruxDataPart, transient: boolean): CruxDataChunk {
  return { type: 'data-crux', id: `${data.entity}:${data.key}`, data, transient }
}
