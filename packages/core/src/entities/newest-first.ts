/** Orders plans or lists with the newest first; of the same millisecond, the greater id first (PLAN-9). */
export function newestFirst(
  a: { readonly createdAt: number; readonly id: string },
  b: { readonly createdAt: number; readonly id: string },
): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)
}
