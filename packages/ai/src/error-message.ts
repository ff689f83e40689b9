import { isRecord } from './is-record.ts'

/** The message of any thrown value. Never throws: an object may have no text at all. */
export function errorMessage(error: unknown): string {
  try {
    // Error parts of streams are often plain objects.
    return String(isRecord(error) && 'message' in error ? error['message'] : error)
  } catch {
    return typeof error
  }
}
