/** Lets a Node process end although the timer is set; elsewhere timers are numbers and hold nothing. */
export function unrefTimer(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function')
    timer.unref()
}
