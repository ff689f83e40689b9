/**
 * Tells the user's `onError` of an error, or the console where there is none. Never throws and never rejects: what
 * `onError` itself fails with is lost, since nobody is left to tell.
 */
export async function tell<Info extends { readonly phase: string }>(
  teller: string,
  onError: ((error: unknown, info: Info) => unknown) | undefined,
  error: unknown,
  info: Info,
): Promise<void> {
  try {
    // oxlint-disable-next-line no-console -- the documented default: an error must not vanish
    if (onError === undefined) console.error(`${teller} (${info.phase}):`, error)
    else await onError(error, info)
  } catch {
    // Nobody is left to tell.
  }
}
