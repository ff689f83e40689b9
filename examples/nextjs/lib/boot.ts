/** Makes the store ready and settles what an earlier server left open. A server without its store says why and ends. */
export async function boot(): Promise<void> {
  try {
    const [{ prepareStore }, { settleInterruptedRuns }] = await Promise.all([
      import('./store.ts'),
      import('./runs.ts'),
    ])
    await prepareStore()
    await settleInterruptedRuns()
  } catch (error) {
    console.error(`The store is not ready. ${error instanceof Error ? error.message : String(error)}`)
    process.exit(1)
  }
}
