const node: typeof globalThis & { readonly setImmediate?: (callback: () => void) => unknown } = globalThis

/**
 * Runs a callback at the end of this turn of the event loop: after the I/O that is there now was handled, and before
 * any timer. What comes in one go is thus seen together. Outside Node, after the shortest timer.
 */
export const afterwards: (callback: () => void) => unknown =
  node.setImmediate ?? ((callback) => setTimeout(callback, 0))
