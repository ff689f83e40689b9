/**
 * Runs a callback at the end of this turn of the event loop: after the I/O that is there now was handled, and before
 * any timer. What comes in one go is thus seen together. Outside Node, after the shortest timer.
 */
export const afterwards: (callback: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : (callback) => setTimeout(callback, 0)
