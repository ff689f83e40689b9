/** Next.js calls this once when a server starts, and answers no request before it is done. */
export async function register(): Promise<void> {
  // Never under the edge runtime, which has neither files nor sockets.
  if (process.env.NEXT_RUNTIME === 'nodejs') await (await import('./lib/boot.ts')).boot()
}
