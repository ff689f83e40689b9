import styles from './worker-name.module.css'

const hues = 3

/** Who works on something: a name with a mark of its own colour. */
export function WorkerName({ name }: { readonly name: string }) {
  const hue = name.charCodeAt(0) % hues
  return (
    <span className={styles.worker}>
      <span className={styles.mark} data-hue={hue} aria-hidden>
        {name.charAt(0)}
      </span>
      <span className="visually-hidden">by </span>
      <span className={styles.name}>{name}</span>
    </span>
  )
}
