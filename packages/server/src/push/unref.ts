/** Lets the process end although this timer is running. Outside Node a timer is a number, and nothing is to be done. */
export function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
