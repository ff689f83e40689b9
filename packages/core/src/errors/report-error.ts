/** Runs what a user handed us; what it throws is reported as uncaught and breaks nobody else. */
export function runReported(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    const { reportError }: { reportError?: (error: unknown) => void } = globalThis
    if (reportError) reportError(error)
    else queueMicrotask(() => rethrow(error))
  }
}

function rethrow(error: unknown): never {
  throw error
}
