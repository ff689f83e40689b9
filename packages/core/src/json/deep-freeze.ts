/** Freezes a value and all it holds, in place, and gives it back. For values that came out of `JSON.parse`: no cycles. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) if (typeof part === 'object') deepFreeze(part)
    Object.freeze(value)
  }
  return value
}
