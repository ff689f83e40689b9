/** Lets a source clean up. Nobody waits for it, and how it fails is of no use to anyone. */
export async function leave(source: AsyncIterator<unknown, unknown>): Promise<void> {
  try {
    await source.return?.()
  } catch {
    // Whoever leaves has all that is wanted.
  }
}
