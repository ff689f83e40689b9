import styles from './drafts.module.css'

/** Stands where the model writes. */
export function Caret() {
  return <span className={styles.caret} aria-hidden />
}

/** Where that is: the way to the newest member of what has come, such as `['items', '2', 'why']`. */
export function newestPath(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null) return []
  const last = Object.keys(data).at(-1)
  return last === undefined ? [] : [last, ...newestPath(Reflect.get(data, last))]
}
